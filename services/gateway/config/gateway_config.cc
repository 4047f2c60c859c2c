#include "services/gateway/config/gateway_config.h"

#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"
#include "common/fs/file.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace gantry::gateway {
namespace {

constexpr int64_t kMaxConfigBytes = 1 << 20;

}  // namespace

absl::StatusOr<config::v1::GatewayConfig> ReadConfig(const std::string& path) {
  if (path.empty()) return config::v1::GatewayConfig();
  GANTRY_ASSIGN_OR_RETURN(const std::string json,
                          ReadFile(path, kMaxConfigBytes));
  absl::StatusOr<config::v1::GatewayConfig> config = ParseConfig(json);
  if (!config.ok()) {
    return Annotate(config.status(), absl::StrCat("the configuration ", path));
  }
  return config;
}

absl::StatusOr<config::v1::GatewayConfig> ParseConfig(absl::string_view json) {
  config::v1::GatewayConfig config;
  const google::protobuf::util::Status parsed =
      google::protobuf::util::JsonStringToMessage(std::string(json), &config);
  if (parsed.ok()) return config;
  return absl::InvalidArgumentError(
      absl::StrCat("not understood: ", std::string(parsed.message())));
}

absl::StatusOr<IdentityResolver::Roles> RolesOf(
    const config::v1::GatewayConfig& config) {
  IdentityResolver::Roles roles;
  for (const auto& [name, text] : config.user_roles()) {
    const absl::StatusOr<Role> role = ParseRole(text);
    if (!role.ok())
      return Annotate(role.status(), absl::StrCat("user_roles of ", name));
    roles.of_users[name] = *role;
  }
  for (const auto& [name, text] : config.group_roles()) {
    const absl::StatusOr<Role> role = ParseRole(text);
    if (!role.ok())
      return Annotate(role.status(), absl::StrCat("group_roles of ", name));
    roles.of_groups[name] = *role;
  }
  return roles;
}

}  // namespace gantry::gateway
