#include "services/runtime/server/image_puller.h"

#include "gantry/image/v1/image_service.pb.h"

namespace gantry::runtime {

absl::Status ImagePuller::Pull(
    const std::string& image, v1::PullPolicy policy,
    const image::v1::RegistryCredentials& credentials) {
  if (policy == v1::PULL_POLICY_MISSING) {
    const absl::Status found = images_.GetImage(image).status();
    if (!absl::IsNotFound(found)) return found;
  } else if (policy != v1::PULL_POLICY_ALWAYS) {
    return absl::OkStatus();
  }
  image::v1::PullImageRequest request;
  request.set_image(image);
  *request.mutable_credentials() = credentials;
  return images_.PullImage(request).status();
}

}  // namespace gantry::runtime
