// A container as Docker's API and "docker inspect" show it.
//
// Threads: a free function.

#ifndef GANTRY_COMMON_DOCKER_CONTAINER_INSPECT_H_
#define GANTRY_COMMON_DOCKER_CONTAINER_INSPECT_H_

#include "common/docker/host_config.h"
#include "common/json/json.h"
#include "gantry/runtime/v1/container.pb.h"

namespace gantry::docker {

// All keys in Docker's order. `image_document` is the configuration document of
// the container's image; null if it is gone, and then what the container has of
// it is not shown.
Json InspectContainer(const runtime::v1::Container& container,
                      const Json& image_document, const Engine& engine);

}  // namespace gantry::docker

#endif  // GANTRY_COMMON_DOCKER_CONTAINER_INSPECT_H_
