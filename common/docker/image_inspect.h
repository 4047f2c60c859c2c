// An image as Docker's API and "docker image inspect" show it.
//
// Threads: free functions.

#ifndef GANTRY_COMMON_DOCKER_IMAGE_INSPECT_H_
#define GANTRY_COMMON_DOCKER_IMAGE_INSPECT_H_

#include <string>

#include "common/docker/host_config.h"
#include "common/json/json.h"
#include "gantry/image/v1/image.pb.h"

namespace gantry::docker {

// As people write it: "docker.io/library/busybox:latest" is "busybox:latest".
// What is not a name stays as it is.
std::string FamiliarName(const std::string& name);

// All keys in Docker's order. `document` is the image's configuration document.
Json InspectImage(const image::v1::Image& image, const Json& document,
                  const Engine& engine);

}  // namespace gantry::docker

#endif  // GANTRY_COMMON_DOCKER_IMAGE_INSPECT_H_
