#include "services/gateway/auth/role.h"

#include "absl/strings/str_cat.h"

namespace gantry::gateway {

std::string RoleName(Role role) {
  switch (role) {
    case Role::kReader:
      return "reader";
    case Role::kOperator:
      return "operator";
    case Role::kAdmin:
      return "admin";
    case Role::kNone:
      break;
  }
  return "none";
}

absl::StatusOr<Role> ParseRole(absl::string_view name) {
  for (const Role role : {Role::kReader, Role::kOperator, Role::kAdmin}) {
    if (name == RoleName(role)) return role;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", name,
      "\" is not a role; the roles are reader, operator and admin"));
}

}  // namespace gantry::gateway
