// The system calls that a container may make: what Docker's default profile
// allows, everything else fails with EPERM.
//
// Threads: a free function.

#ifndef GANTRY_SERVICES_RUNTIME_SPEC_SECCOMP_PROFILE_H_
#define GANTRY_SERVICES_RUNTIME_SPEC_SECCOMP_PROFILE_H_

#include <set>
#include <string>

#include "common/json/json.h"

namespace gantry::runtime {

// `linux.seccomp` of an OCI runtime specification for a container with these
// capabilities ("CAP_SYS_ADMIN"), some of which allow more.
Json SeccompProfile(const std::set<std::string>& capabilities);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SPEC_SECCOMP_PROFILE_H_
