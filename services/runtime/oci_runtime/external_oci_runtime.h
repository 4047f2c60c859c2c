// An OCI runtime that is a program with the command line of runc: crun, runc
// and others. It runs in a mount namespace of its own, in which the container's
// root file system is attached and from which nothing gets out.
//
// Threads: one at a time; the process must have no other thread, because it
// works between fork and exec.

#ifndef GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_EXTERNAL_OCI_RUNTIME_H_
#define GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_EXTERNAL_OCI_RUNTIME_H_

#include <string>
#include <vector>

#include "services/runtime/oci_runtime/oci_runtime.h"

namespace gantry::runtime {

class ExternalOciRuntime : public OciRuntime {
 public:
  struct Options {
    std::string id;
    std::string bundle_dir;
    // Absolute, or looked for in PATH.
    std::string program;
    // Where the runtime keeps its state: its --root.
    std::string state_dir;
    // Where this object may make temporary files named <id>.*.
    std::string work_dir;
    // linux.cgroupsPath of the spec.
    std::string cgroup_path;
  };

  explicit ExternalOciRuntime(Options options);

  absl::StatusOr<pid_t> Create(int rootfs_fd, const Stdio& stdio) override;
  absl::Status Start() override;
  absl::Status Delete() override;

 private:
  absl::Status Run(const std::string& operation,
                   const std::vector<std::string>& arguments, int rootfs_fd,
                   const Stdio* stdio);
  // In the forked process; does not return.
  [[noreturn]] void Execute(const std::vector<std::string>& arguments,
                            int rootfs_fd, const Stdio& stdio, int error_fd);

  const Options options_;
  const std::string log_path_;
  const std::string pid_path_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_EXTERNAL_OCI_RUNTIME_H_
