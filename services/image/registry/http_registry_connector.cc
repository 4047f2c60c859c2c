#include "services/image/registry/http_registry_connector.h"

#include "services/image/registry/registry_client.h"

namespace gantry::image {

std::unique_ptr<Registry> HttpRegistryConnector::Connect(
    const oci::Reference& image, const Credentials& credentials,
    std::function<bool()> is_cancelled) {
  return std::make_unique<RegistryClient>(http_, settings_, image, credentials,
                                          std::move(is_cancelled));
}

}  // namespace gantry::image
