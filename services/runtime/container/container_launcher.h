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

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/runtime/bundle/bundle_store.h"
#include "services/runtime/container/container_directory.h"
#include "services/runtime/container/container_store.h"
#include "services/runtime/container/rootfs_source.h"
#include "services/runtime/shim/shim_host.h"

namespace gantry::runtime {

struct LauncherOptions {
  std::map<std::string, std::string> runtimes;
  std::string default_runtime;
  LogLimits log;
  // 1, or 2 for the unified hierarchy.
  int cgroup_version = 2;
};

struct Launched {
  pid_t pid = 0;
  // All output; null unless it was asked for.
  std::unique_ptr<OutputReader> output;
};

class ContainerLauncher {
 public:
  // Borrows all, which must outlive it.
  ContainerLauncher(LauncherOptions options, RootfsSource& rootfs,
                    ShimHost& shims, BundleStore& bundles,
                    const ContainerDirectory& directory);

  // Starts the container; with `attach` no output is missed, and the container
  // waits for the reader. If it fails nothing is left behind.
  //
  // FAILED_PRECONDITION: reason COMMAND_NOT_FOUND or COMMAND_NOT_EXECUTABLE.
  // NOT_FOUND: reason USER_NOT_FOUND.
  absl::StatusOr<Launched> Launch(const StoredContainer& container,
                                  bool attach);

  // Removes what a container that has ended, or was launched halfway, left:
  // shim, cgroup, bundle.
  absl::Status CleanUp(const std::string& id);

 private:
  absl::StatusOr<LaunchRequest> MakeRequest(const StoredContainer& container);
  absl::StatusOr<Launched> TryLaunch(const StoredContainer& container,
                                     bool attach);

  const LauncherOptions options_;
  RootfsSource& rootfs_;
  ShimHost& shims_;
  BundleStore& bundles_;
  const ContainerDirectory& directory_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_LAUNCHER_H_
