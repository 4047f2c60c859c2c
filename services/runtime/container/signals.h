// Signals by name and number: "SIGTERM", "TERM", "15", "RTMIN+3".
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_SIGNALS_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_SIGNALS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gantry::runtime {

// 1 to 64. Upper and lower case are the same.
//
// INVALID_ARGUMENT: no such signal.
absl::StatusOr<int> ParseSignal(absl::string_view text);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_SIGNALS_H_
