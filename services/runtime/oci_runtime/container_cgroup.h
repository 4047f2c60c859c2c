// The control group of a container, in whatever hierarchies this machine has:
// one unified hierarchy (v2), several (v1), or several with a unified one
// beside them (hybrid).
//
// Threads: values and free functions.

#ifndef GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_CONTAINER_CGROUP_H_
#define GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_CONTAINER_CGROUP_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/fs/unique_fd.h"

namespace gantry::runtime {

class ContainerCgroup {
 public:
  // `path` is linux.cgroupsPath of the OCI spec: absolute, no "..".
  explicit ContainerCgroup(std::string path,
                           std::string mount_point = "/sys/fs/cgroup");

  // Kills every process in it, again until there is none. A group that is not
  // there is empty.
  //
  // DEADLINE_EXCEEDED: processes are still there after `timeout`.
  absl::Status KillAll(absl::Duration timeout) const;

  // Its cgroup.procs in each hierarchy, open for writing: a process that writes
  // "0" becomes a member.
  absl::StatusOr<std::vector<UniqueFd>> OpenMemberFiles() const;

  // Whether the kernel killed a process of it for want of memory.
  bool WasOutOfMemory() const;

  // Removes the empty group and those in it, as far as they are there.
  void Remove() const;

 private:
  // Its directory in each hierarchy that has it.
  std::vector<std::string> Directories() const;

  const std::string path_;
  const std::string mount_point_;
};

// Whether a unified hierarchy is mounted at /sys/fs/cgroup/unified beside those
// of v1, which crun refuses to work with.
bool HasHybridCgroups();

// Moves this process out of the group of whoever started it, so that stopping
// that one does not stop this one. As far as it is possible.
void MoveSelfToCgroup(const std::string& name);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_CONTAINER_CGROUP_H_
