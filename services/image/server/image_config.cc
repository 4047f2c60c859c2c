#include "services/image/server/image_config.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/fs/file.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "gantry/config/v1/image_config.pb.h"

namespace gantry::image {
namespace {

constexpr int64_t kMaxConfigBytes = 1 << 20;

// `value`, or `fallback` for 0.
absl::StatusOr<int> Within(absl::string_view name, int value, int max,
                           int fallback) {
  if (value == 0) return fallback;
  if (value >= 1 && value <= max) return value;
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is ", value, ", not 1 to ", max));
}

absl::StatusOr<ImageServiceConfig> FromProto(
    const config::v1::ImageConfig& proto) {
  ImageServiceConfig config;
  for (const auto& [host, settings] : proto.registries()) {
    if (settings.plain_http() &&
        (!settings.ca_file().empty() || settings.skip_tls_verify())) {
      return absl::InvalidArgumentError(absl::StrCat(
          "registries of ", host,
          ": plain_http goes with neither ca_file nor skip_tls_verify"));
    }
    RegistryHostSettings& own = config.registries.hosts[host];
    own.plain_http = settings.plain_http();
    own.ca_file = settings.ca_file();
    own.skip_tls_verify = settings.skip_tls_verify();
  }
  GANTRY_ASSIGN_OR_RETURN(
      config.max_concurrent_layers,
      Within("max_concurrent_layers", proto.max_concurrent_layers(), 64,
             config.max_concurrent_layers));
  RetryPolicy& retry = config.registries.retry;
  GANTRY_ASSIGN_OR_RETURN(
      retry.max_attempts,
      Within("max_attempts", proto.max_attempts(), 100, retry.max_attempts));
  GANTRY_ASSIGN_OR_RETURN(
      const int seconds,
      Within("idle_timeout_seconds", proto.idle_timeout_seconds(), 3600,
             static_cast<int>(absl::ToInt64Seconds(config.idle_timeout))));
  config.idle_timeout = absl::Seconds(seconds);
  return config;
}

}  // namespace

int DefaultConcurrentLayers() {
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()) + 1,
                    3, 8);
}

absl::StatusOr<ImageServiceConfig> ReadImageConfig(const std::string& path) {
  if (path.empty()) return ImageServiceConfig();
  GANTRY_ASSIGN_OR_RETURN(const std::string json,
                          ReadFile(path, kMaxConfigBytes));
  absl::StatusOr<ImageServiceConfig> config = ParseImageServiceConfig(json);
  if (!config.ok()) {
    return Annotate(config.status(), absl::StrCat("the configuration ", path));
  }
  return config;
}

absl::StatusOr<ImageServiceConfig> ParseImageServiceConfig(
    absl::string_view json) {
  config::v1::ImageConfig proto;
  const google::protobuf::util::Status parsed =
      google::protobuf::util::JsonStringToMessage(std::string(json), &proto);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("not understood: ", std::string(parsed.message())));
  }
  return FromProto(proto);
}

}  // namespace gantry::image
