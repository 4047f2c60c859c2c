// The state of a container in Docker's words.
//
// Threads: free functions.

#ifndef GANTRY_COMMON_DOCKER_CONTAINER_STATE_H_
#define GANTRY_COMMON_DOCKER_CONTAINER_STATE_H_

#include <string>

#include "common/json/json.h"
#include "gantry/runtime/v1/container.pb.h"

namespace gantry::docker {

// "created", "running", "paused", "restarting", "removing", "exited", "dead".
std::string StateName(runtime::v1::ContainerState state);

// "State" of a container's inspect.
Json StateJson(const runtime::v1::Container& container);

}  // namespace gantry::docker

#endif  // GANTRY_COMMON_DOCKER_CONTAINER_STATE_H_
