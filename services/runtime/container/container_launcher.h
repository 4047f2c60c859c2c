// Brings a container's record to life: mounts its file system, writes its
// bundle and has a shim make and start it.
//
// Threads: every method by any thread; one container by one thread at a time.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_LAUNCHER_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_LAUNCHER_H_

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/oci/manifest.h"
#include "services/runtime/bundle/bundle_store.h"
#include "services/runtime/container/container_directory.h"
#include "services/runtime/container/container_store.h"
#include "services/runtime/container/rootfs_source.h"
#include "services/runtime/network/netns_pool.h"
#include "services/runtime/shim/process_stream.h"
#include "services/runtime/shim/shim_host.h"
#include "services/runtime/spec/spec_builder.h"

namespace gantry::runtime {

struct LauncherOptions {
  std::map<std::string, std::string> runtimes;
  std::string default_runtime;
  LogLimits log;
  // 1, or 2 for the unified hierarchy.
  int cgroup_version = 2;
  // A static init program for options.init; empty if there is none.
  std::string init_path;
  // The default seccomp profile, compiled: an array of struct sock_filter.
  // Empty to leave compiling to the OCI runtimes.
  std::string seccomp_program;
  // Where network namespaces come from; null to leave making them to the OCI
  // runtimes. Must outlive the launcher.
  NetnsPool* netns_pool = nullptr;
};

struct LaunchOptions {
  // No output is missed, and the container waits for the reader.
  bool attach = false;
  // The attached client sends input.
  bool stdin = false;
  // Of the client's terminal; zeros if it has none.
  TerminalSize terminal_size;
};

struct Launched {
  pid_t pid = 0;
  // Null unless it was asked for.
  std::unique_ptr<ProcessStream> stream;
};

// A command to execute in a container that runs.
struct ExecOptions {
  // At least one.
  std::vector<std::string> command;
  // "NAME=value"; added to the container's, later ones win.
  std::vector<std::string> env;
  // Absolute; empty for the container's.
  std::string working_dir;
  // As ContainerOptions::user; empty for the container's.
  std::string user;
  bool tty = false;
  TerminalSize terminal_size;
  bool stdin = false;
  bool attach = false;
};

struct StartedExec {
  // 64 lower-case hex digits.
  std::string exec_id;
  // Null unless it is attached.
  std::unique_ptr<ProcessStream> stream;
};

class ContainerLauncher {
 public:
  // Borrows all, which must outlive it.
  ContainerLauncher(LauncherOptions options, RootfsSource& rootfs,
                    ShimHost& shims, BundleStore& bundles,
                    const ContainerDirectory& directory);

  // Starts the container. If it fails nothing is left behind.
  //
  // FAILED_PRECONDITION: reason COMMAND_NOT_FOUND or COMMAND_NOT_EXECUTABLE.
  // NOT_FOUND: reason USER_NOT_FOUND.
  absl::StatusOr<Launched> Launch(const StoredContainer& container,
                                  const LaunchOptions& options);

  // Executes a command in a container that runs.
  //
  // FAILED_PRECONDITION: it has ended, or reason COMMAND_NOT_FOUND or
  // COMMAND_NOT_EXECUTABLE. NOT_FOUND: reason USER_NOT_FOUND, or its shim has
  // gone. INVALID_ARGUMENT: a malformed user or working directory.
  absl::StatusOr<StartedExec> Exec(const StoredContainer& container,
                                   const ExecOptions& options);

  // Removes what a container that has ended, or was launched halfway, left:
  // shim, cgroup, bundle.
  absl::Status CleanUp(const std::string& id);

 private:
  absl::StatusOr<LaunchRequest> MakeRequest(const StoredContainer& container,
                                            const LaunchOptions& options);
  // Everything of the specification but what is in the root file system.
  absl::StatusOr<SpecInput> MakeSpecInput(const StoredContainer& container,
                                          const oci::ImageConfig& image);
  absl::StatusOr<Launched> TryLaunch(const StoredContainer& container,
                                     const LaunchOptions& options);

  const LauncherOptions options_;
  RootfsSource& rootfs_;
  ShimHost& shims_;
  BundleStore& bundles_;
  const ContainerDirectory& directory_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_LAUNCHER_H_
