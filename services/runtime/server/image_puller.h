// Fetches the image of a container to be, if that is wished.
//
// Threads: every method by any thread.

#ifndef GANTRY_SERVICES_RUNTIME_SERVER_IMAGE_PULLER_H_
#define GANTRY_SERVICES_RUNTIME_SERVER_IMAGE_PULLER_H_

#include <string>

#include "absl/status/status.h"
#include "gantry/image/v1/registry_credentials.pb.h"
#include "gantry/runtime/v1/container_service.pb.h"
#include "services/image/client/image_client.h"

namespace gantry::runtime {

class ImagePuller {
 public:
  // `images` must outlive this object.
  explicit ImagePuller(image::ImageClient& images) : images_(images) {}

  // What the policy asks for. Errors: as PullImage of the image service.
  absl::Status Pull(const std::string& image, v1::PullPolicy policy,
                    const image::v1::RegistryCredentials& credentials);

 private:
  image::ImageClient& images_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SERVER_IMAGE_PULLER_H_
