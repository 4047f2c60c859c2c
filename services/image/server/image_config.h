// Reads the image service's configuration file: gantry.config.v1.ImageConfig in
// JSON.
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_IMAGE_SERVER_IMAGE_CONFIG_H_
#define GANTRY_SERVICES_IMAGE_SERVER_IMAGE_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/image/registry/registry_settings.h"

namespace gantry::image {

// So many that processors, disk and network have something to do: one more than
// there are processors, at least 3 and at most 8.
int DefaultConcurrentLayers();

struct ImageServiceConfig {
  RegistrySettings registries;
  int max_concurrent_layers = DefaultConcurrentLayers();
  absl::Duration idle_timeout = absl::Seconds(30);
};

// The default configuration for an empty path.
//
// NOT_FOUND: no such file.
// INVALID_ARGUMENT: not JSON, an unknown name, a value of another type or
// beyond its limits.
// RESOURCE_EXHAUSTED: longer than 1 MiB.
absl::StatusOr<ImageServiceConfig> ReadImageConfig(const std::string& path);

absl::StatusOr<ImageServiceConfig> ParseImageServiceConfig(
    absl::string_view json);

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_SERVER_IMAGE_CONFIG_H_
