// What an OCI runtime says when it fails, as one clear error.
//
// Threads: free function.

#ifndef GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_OCI_ERROR_H_
#define GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_OCI_ERROR_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace gantry::runtime {

// The last error in `log` (lines of JSON with "level" and "msg"), else the last
// line of `error_output`, else what became of the process. Never OK.
//
// FAILED_PRECONDITION with reason COMMAND_NOT_FOUND or COMMAND_NOT_EXECUTABLE
// if it is about the container's command; otherwise INTERNAL.
absl::Status OciError(absl::string_view operation, absl::string_view log,
                      absl::string_view error_output,
                      absl::string_view process_end);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_OCI_ERROR_H_
