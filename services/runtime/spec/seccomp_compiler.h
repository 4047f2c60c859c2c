// Compiles a seccomp profile of the OCI runtime specification to the program
// that the kernel loads, so that it is done once and not for each container
// (https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#seccomp).
//
// Threads: a free function.

#ifndef GANTRY_SERVICES_RUNTIME_SPEC_SECCOMP_COMPILER_H_
#define GANTRY_SERVICES_RUNTIME_SPEC_SECCOMP_COMPILER_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/json/json.h"

namespace gantry::runtime {

// An array of struct sock_filter. System calls that this machine's libseccomp
// does not know are left out, as OCI runtimes do.
//
// INVALID_ARGUMENT: an action, an architecture or an operator that is unknown.
absl::StatusOr<std::string> CompileSeccomp(const Json& profile);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SPEC_SECCOMP_COMPILER_H_
