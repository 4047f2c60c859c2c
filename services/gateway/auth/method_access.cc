#include "services/gateway/auth/method_access.h"

#include <google/protobuf/descriptor.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gantry/types/v1/access.pb.h"

namespace gantry::gateway {
namespace {

// A method without the option is refused, as an internal one.
Role RequiredRole(const google::protobuf::MethodDescriptor& method) {
  switch (method.options().GetExtension(types::v1::access)) {
    case types::v1::ACCESS_READER:
      return Role::kReader;
    case types::v1::ACCESS_OPERATOR:
      return Role::kOperator;
    case types::v1::ACCESS_ADMIN:
      return Role::kAdmin;
    default:
      return Role::kNone;
  }
}

}  // namespace

MethodAccess::MethodAccess(const std::vector<std::string>& services,
                           const std::vector<std::string>& open_services) {
  for (const std::string& name : services) AddService(name, false);
  for (const std::string& name : open_services) AddService(name, true);
}

void MethodAccess::AddService(const std::string& name, bool open) {
  const google::protobuf::ServiceDescriptor* service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
          name);
  if (service == nullptr) return;
  for (int i = 0; i < service->method_count(); ++i) {
    const google::protobuf::MethodDescriptor& method = *service->method(i);
    required_.emplace(absl::StrCat("/", name, "/", method.name()),
                      open ? Role::kReader : RequiredRole(method));
  }
}

absl::Status MethodAccess::Check(absl::string_view method,
                                 const Identity& identity) const {
  const auto found = required_.find(method);
  if (found == required_.end()) {
    return Error(absl::StatusCode::kUnimplemented, "UNKNOWN_METHOD",
                 absl::StrCat("there is no method ",
                              absl::CHexEscape(method.substr(0, 200))));
  }
  if (found->second == Role::kNone) {
    return Error(absl::StatusCode::kPermissionDenied, "INTERNAL_METHOD",
                 absl::StrCat(method, " is for Gantry's own services"));
  }
  if (identity.role >= found->second) return absl::OkStatus();
  return Error(
      absl::StatusCode::kPermissionDenied, "ROLE_REQUIRED",
      absl::StrCat(identity.name, " has the role ", RoleName(identity.role),
                   "; ", method, " needs ", RoleName(found->second),
                   ": ask an administrator to add the user to the group gantry "
                   "or to the "
                   "gateway's user_roles"),
      {{"identity", identity.name},
       {"required_role", RoleName(found->second)}});
}

}  // namespace gantry::gateway
