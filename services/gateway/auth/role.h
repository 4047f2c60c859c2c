// What a caller may do, from least to most.

#ifndef GANTRY_SERVICES_GATEWAY_AUTH_ROLE_H_
#define GANTRY_SERVICES_GATEWAY_AUTH_ROLE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gantry::gateway {

enum class Role { kNone = 0, kReader = 1, kOperator = 2, kAdmin = 3 };

// "reader", "operator", "admin", or "none".
std::string RoleName(Role role);

// INVALID_ARGUMENT: another word than "reader", "operator" or "admin".
absl::StatusOr<Role> ParseRole(absl::string_view name);

}  // namespace gantry::gateway

#endif  // GANTRY_SERVICES_GATEWAY_AUTH_ROLE_H_
