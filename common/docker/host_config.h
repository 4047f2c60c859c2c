// "HostConfig", "Mounts" and "NetworkSettings" of Docker's JSON: what the host
// lends a container.
//
// Threads: free functions.

#ifndef GANTRY_COMMON_DOCKER_HOST_CONFIG_H_
#define GANTRY_COMMON_DOCKER_HOST_CONFIG_H_

#include <string>

#include "common/json/json.h"
#include "gantry/runtime/v1/container.pb.h"

namespace gantry::docker {

// What a container does not say of the engine that runs it.
struct Engine {
  // How images are put together: "overlay".
  std::string storage_driver;
  // What runs a container that names no runtime.
  std::string default_runtime;
  // The form of logs: "cri".
  std::string log_driver;
  // 1 or 2.
  int cgroup_version = 2;
};

// "none" for the default.
std::string NetworkMode(const runtime::v1::ContainerSpec& spec);

// All keys of Docker; those that stand for what cannot be set here have
// Docker's defaults.
Json HostConfigJson(const runtime::v1::ContainerSpec& spec,
                    const Engine& engine);
Json MountsJson(const runtime::v1::ContainerSpec& spec);
Json NetworkSettingsJson(const runtime::v1::ContainerSpec& spec);

}  // namespace gantry::docker

#endif  // GANTRY_COMMON_DOCKER_HOST_CONFIG_H_
