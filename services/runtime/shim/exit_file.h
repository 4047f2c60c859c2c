// The file in which a shim leaves its container's exit for whoever comes after:
// "code unix_nanos oom\n", oom being 0 or 1.
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_EXIT_FILE_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_EXIT_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/runtime/shim/exit_status.h"

namespace gantry::runtime {

// Replaces the file in one step. It is not flushed to the disk.
absl::Status WriteExitFile(const std::string& path, const ExitStatus& exit);

// NOT_FOUND: there is none. DATA_LOSS: it is not such a file.
absl::StatusOr<ExitStatus> ReadExitFile(const std::string& path);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_EXIT_FILE_H_
