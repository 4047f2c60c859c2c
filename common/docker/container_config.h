// "Config" of Docker's JSON: what an image or a container runs by default.
//
// Threads: free functions.

#ifndef GANTRY_COMMON_DOCKER_CONTAINER_CONFIG_H_
#define GANTRY_COMMON_DOCKER_CONTAINER_CONFIG_H_

#include "common/json/json.h"
#include "gantry/runtime/v1/container.pb.h"

namespace gantry::docker {

// The "config" (or "container_config") of an image's configuration document
// with all of Docker's keys in Docker's order. Members of a wrong type are left
// out, whoever made the image.
Json ImageConfigJson(const Json& config);

// What the container was made with, and the image's values for what it was not.
// `image_config` is the "config" of the image; null if the image is gone.
Json ContainerConfigJson(const runtime::v1::Container& container,
                         const Json& image_config);

}  // namespace gantry::docker

#endif  // GANTRY_COMMON_DOCKER_CONTAINER_CONFIG_H_
