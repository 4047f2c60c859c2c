// Connects to registries over HTTP.
//
// Threads: as RegistryConnector.

#ifndef GANTRY_SERVICES_IMAGE_REGISTRY_HTTP_REGISTRY_CONNECTOR_H_
#define GANTRY_SERVICES_IMAGE_REGISTRY_HTTP_REGISTRY_CONNECTOR_H_

#include <functional>
#include <memory>
#include <utility>

#include "common/oci/reference.h"
#include "services/image/registry/http_client.h"
#include "services/image/registry/registry.h"
#include "services/image/registry/registry_settings.h"

namespace gantry::image {

class HttpRegistryConnector : public RegistryConnector {
 public:
  // `http` must outlive this object.
  HttpRegistryConnector(HttpClient& http, RegistrySettings settings)
      : http_(http), settings_(std::move(settings)) {}

  std::unique_ptr<Registry> Connect(
      const oci::Reference& image, const Credentials& credentials,
      std::function<bool()> is_cancelled) override;

 private:
  HttpClient& http_;
  const RegistrySettings settings_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_REGISTRY_HTTP_REGISTRY_CONNECTOR_H_
