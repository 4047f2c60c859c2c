// How registries are to be reached.
//
// Threads: values.

#ifndef GANTRY_SERVICES_IMAGE_REGISTRY_REGISTRY_SETTINGS_H_
#define GANTRY_SERVICES_IMAGE_REGISTRY_REGISTRY_SETTINGS_H_

#include <map>
#include <string>

#include "services/image/registry/retry_policy.h"

namespace gantry::image {

struct RegistryHostSettings {
  // HTTP without TLS. Credentials are not sent then, unless to loopback.
  bool plain_http = false;
  // Certificates to trust in place of the system's; empty for those.
  std::string ca_file;
  bool skip_tls_verify = false;
};

struct RegistrySettings {
  // By host as names of images have it: "docker.io", "registry.example:5000".
  std::map<std::string, RegistryHostSettings> hosts;
  RetryPolicy retry;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_REGISTRY_REGISTRY_SETTINGS_H_
