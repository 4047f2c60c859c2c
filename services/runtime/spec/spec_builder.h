// The OCI runtime specification of a container, with Docker's defaults
// (https://github.com/opencontainers/runtime-spec/blob/main/config.md).
//
// Threads: a free function over values.

#ifndef GANTRY_SERVICES_RUNTIME_SPEC_SPEC_BUILDER_H_
#define GANTRY_SERVICES_RUNTIME_SPEC_SPEC_BUILDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "common/json/json.h"
#include "services/runtime/spec/user_resolver.h"

namespace gantry::runtime {

// A file or a directory of the host that the container sees at `target`.
struct BoundFile {
  std::string source;
  std::string target;
  bool read_only = false;
};

struct ProcessInput {
  // Entrypoint and arguments: see command_line.h.
  std::vector<std::string> args;
  // "NAME=value"; of the container and of its image.
  std::vector<std::string> env;
  std::vector<std::string> image_env;
  std::string hostname;
  // Absolute and clean: see working_dir.h.
  std::string working_dir = "/";
  ResolvedUser user;
  bool tty = false;
  // Of the terminal at first, in characters; 0 for whatever it is.
  uint16_t terminal_rows = 0;
  uint16_t terminal_columns = 0;
};

struct SpecInput {
  ProcessInput process;
  std::string cgroups_path;
  // 1, or 2 for the unified hierarchy.
  int cgroup_version = 2;
  bool host_network = false;
  // Path of a network namespace to join; empty for a new one.
  std::string netns_path;
  bool read_only_rootfs = false;
  // A static init program of the host that becomes process 1; empty for none.
  std::string init_path;
  // Those that come later lie over those before, except that what lies deeper
  // is always mounted later.
  std::vector<BoundFile> files;
  // The seccomp profile's program in base64, for OCI runtimes that take it
  // (run.oci.seccomp_bpf_data of crun); empty to leave them to compile it.
  std::string seccomp_program;
};

// config.json of the bundle, whose root is the directory rootfs/ in it.
Json BuildSpec(const SpecInput& input);
// The same as text, in a tenth of the time: the seccomp profile is printed
// once.
std::string PrintSpec(const SpecInput& input);

// The process part alone, for a command that is executed in the container.
Json BuildProcess(const ProcessInput& input);

// The environment in Docker's order: PATH, HOSTNAME, TERM for a terminal, the
// container's, the image's. PATH and HOME are there in any case.
std::vector<std::string> BuildEnvironment(
    const std::vector<std::string>& env,
    const std::vector<std::string>& image_env, const std::string& hostname,
    const std::string& home, bool tty);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SPEC_SPEC_BUILDER_H_
