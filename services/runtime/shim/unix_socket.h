// Unix stream sockets below directories whose names may be longer than an
// address can hold.
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_UNIX_SOCKET_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_UNIX_SOCKET_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/fs/unique_fd.h"

namespace gantry::runtime {

// Replaces what is at `path`. Mode 0600, close-on-exec, non-blocking.
absl::StatusOr<UniqueFd> ListenUnix(const std::string& path);

// NOT_FOUND: nobody listens there, whether or not the file exists.
absl::StatusOr<UniqueFd> ConnectUnix(const std::string& path);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_UNIX_SOCKET_H_
