// The OCI runtime specification of a container, with Docker's defaults
// (https://github.com/opencontainers/runtime-spec/blob/main/config.md).
//
// Threads: a free function over values.

#ifndef GANTRY_SERVICES_RUNTIME_SPEC_SPEC_BUILDER_H_
#define GANTRY_SERVICES_RUNTIME_SPEC_SPEC_BUILDER_H_

#include <string>
#include <vector>

#include "common/json/json.h"
#include "services/runtime/spec/user_resolver.h"

namespace gantry::runtime {

// A file of the host that the container sees at `target`, writable.
struct BoundFile {
  std::string source;
  std::string target;
};

struct SpecInput {
  std::string id;
  // Entrypoint and arguments: see command_line.h.
  std::vector<std::string> args;
  // "NAME=value"; of the container and of its image.
  std::vector<std::string> env;
  std::vector<std::string> image_env;
  // Absolute and clean: see working_dir.h.
  std::string working_dir = "/";
  ResolvedUser user;
  std::string hostname;
  std::string cgroups_path;
  // 1, or 2 for the unified hierarchy.
  int cgroup_version = 2;
  std::vector<BoundFile> files;
};

// config.json of the bundle, whose root is the directory rootfs/ in it.
Json BuildSpec(const SpecInput& input);

// The environment in Docker's order: PATH, HOSTNAME, the container's, the
// image's. PATH and HOME are there in any case.
std::vector<std::string> BuildEnvironment(
    const std::vector<std::string>& env,
    const std::vector<std::string>& image_env, const std::string& hostname,
    const std::string& home);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SPEC_SPEC_BUILDER_H_
