// The directory that a container's command starts in.
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_RUNTIME_SPEC_WORKING_DIR_H_
#define GANTRY_SERVICES_RUNTIME_SPEC_WORKING_DIR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gantry::runtime {

// The path without "." and ".." and doubled slashes; "/" for the empty one.
//
// INVALID_ARGUMENT: not absolute, or in the directory of a process in /proc,
// through which descriptors of the engine could be reached.
absl::StatusOr<std::string> CleanWorkingDir(absl::string_view path);

// Makes the directory in the file system `root_fd`, with those above it, unless
// it is there: mode 0755, owned by root. Links are followed as inside the
// container. `path` comes from CleanWorkingDir. Directories in /proc, /sys and
// /dev are left to what is mounted there.
//
// INVALID_ARGUMENT: something on the way is not a directory.
absl::Status MakeWorkingDir(int root_fd, const std::string& path);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SPEC_WORKING_DIR_H_
