// Paths inside a container, as text.
//
// Threads: a free function.

#ifndef GANTRY_SERVICES_RUNTIME_SPEC_CONTAINER_PATH_H_
#define GANTRY_SERVICES_RUNTIME_SPEC_CONTAINER_PATH_H_

#include <string>

#include "absl/strings/string_view.h"

namespace gantry::runtime {

// An absolute path without ".", ".." and doubled slashes; nothing is looked up.
std::string CleanPath(absl::string_view path);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SPEC_CONTAINER_PATH_H_
