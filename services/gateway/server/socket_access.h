// Rights on the gateway's socket: mode 0660 for the group gantry where the host
// has it, and a POSIX ACL for the users and groups that the configuration
// names.
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_GATEWAY_SERVER_SOCKET_ACCESS_H_
#define GANTRY_SERVICES_GATEWAY_SERVER_SOCKET_ACCESS_H_

#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "services/gateway/auth/identity.h"

namespace gantry::gateway {

std::optional<gid_t> GantryGroup();

// The ACL in acl_from_text's form, without those that the host does not know.
std::string AclText(const IdentityResolver::Roles& roles);

// Gives the users and groups of `roles` the right to connect.
absl::Status GrantAccess(const std::string& socket_path,
                         const IdentityResolver::Roles& roles);

}  // namespace gantry::gateway

#endif  // GANTRY_SERVICES_GATEWAY_SERVER_SOCKET_ACCESS_H_
