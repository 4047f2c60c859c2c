// An OCI runtime that is a program with the command line of runc: crun, runc
// and others. It runs in a mount namespace of its own, in which the container's
// root file system is attached and from which nothing gets out.
//
// Threads: one at a time; the process must have no other thread, because it
// works between fork and exec.

#ifndef GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_EXTERNAL_OCI_RUNTIME_H_
#define GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_EXTERNAL_OCI_RUNTIME_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/fs/unique_fd.h"
#include "services/runtime/oci_runtime/oci_runtime.h"

namespace gantry::runtime {

// Whether a runtime's containers are namespaces and control groups and nothing
// else, as crun's and runc's are.
bool IsPlainOciRuntime(absl::string_view program);

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

  absl::StatusOr<pid_t> Run(int rootfs_fd, const Stdio& stdio) override;
  absl::StatusOr<std::unique_ptr<PendingExec>> BeginExec(
      const std::string& exec_id, const std::string& process_json,
      const Stdio& stdio) override;
  absl::Status Delete() override;

 private:
  // The program at work.
  struct Invocation {
    pid_t pid = 0;
    std::string operation;
    std::string log_path;
    // What it writes to standard error, unless that is the container's.
    UniqueFd errors;
  };
  class ExternalExec;

  // `name` tells apart the files of invocations that run at the same time.
  absl::StatusOr<Invocation> Spawn(const std::string& name,
                                   const std::vector<std::string>& arguments,
                                   int rootfs_fd, const Stdio* stdio) const;
  // What came of it.
  static absl::Status Conclude(const Invocation& invocation, int wait_status);
  absl::Status Complete(const std::vector<std::string>& arguments,
                        int rootfs_fd, const Stdio* stdio) const;
  // In the forked process; does not return.
  [[noreturn]] void Execute(const std::vector<std::string>& arguments,
                            int rootfs_fd, const Stdio& stdio,
                            int error_fd) const;
  std::string WorkFile(const std::string& name, const char* suffix) const;

  const Options options_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_EXTERNAL_OCI_RUNTIME_H_
