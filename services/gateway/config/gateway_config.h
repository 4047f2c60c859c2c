// Reads the gateway's configuration file: gantry.config.v1.GatewayConfig in
// JSON.
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_GATEWAY_CONFIG_GATEWAY_CONFIG_H_
#define GANTRY_SERVICES_GATEWAY_CONFIG_GATEWAY_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gantry/config/v1/gateway_config.pb.h"
#include "services/gateway/auth/identity.h"

namespace gantry::gateway {

// The default configuration for an empty path.
//
// NOT_FOUND: no such file.
// INVALID_ARGUMENT: not JSON, an unknown name, a value of another type.
// RESOURCE_EXHAUSTED: longer than 1 MiB.
absl::StatusOr<config::v1::GatewayConfig> ReadConfig(const std::string& path);

absl::StatusOr<config::v1::GatewayConfig> ParseConfig(absl::string_view json);

// INVALID_ARGUMENT: an unknown role, named with its user or group.
absl::StatusOr<IdentityResolver::Roles> RolesOf(
    const config::v1::GatewayConfig& config);

}  // namespace gantry::gateway

#endif  // GANTRY_SERVICES_GATEWAY_CONFIG_GATEWAY_CONFIG_H_
