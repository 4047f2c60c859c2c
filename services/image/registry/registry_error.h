// What a registry says of a failure, made fit for one line of a message: it is
// anybody's text.
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_IMAGE_REGISTRY_REGISTRY_ERROR_H_
#define GANTRY_SERVICES_IMAGE_REGISTRY_REGISTRY_ERROR_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace gantry::image {

// `text` as one line of valid UTF-8: without control characters, at most
// `max_bytes`, with "..." where it was cut.
std::string OneLine(absl::string_view text, size_t max_bytes = 300);

// "manifest unknown", "toomanyrequests: You have reached your limit": the first
// error of a body in the form that the distribution specification gives, or the
// "details" of a token server; empty if it has neither.
std::string RegistryMessage(absl::string_view body);

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_REGISTRY_REGISTRY_ERROR_H_
