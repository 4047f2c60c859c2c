// What makes containers: an OCI runtime, for one container.
//
// Threads: one at a time.

#ifndef GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_OCI_RUNTIME_H_
#define GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_OCI_RUNTIME_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gantry::runtime {

class OciRuntime {
 public:
  // What becomes the standard streams of a process.
  struct Stdio {
    // Become 0, 1 and 2; borrowed. Unused with a console.
    int in = -1;
    int out = -1;
    int err = -1;
    // Socket at which the process's terminal is handed over, by SCM_RIGHTS;
    // empty for a process without a terminal.
    std::string console_socket;
  };

  // A process that is being started in the container by `starter_pid`, a child
  // of this one.
  class PendingExec {
   public:
    virtual ~PendingExec() = default;

    virtual pid_t starter_pid() const = 0;
    // Call it when the starter was reaped. The pid of the process, which is a
    // child of this one if this one is a subreaper.
    //
    // Errors: see OciError.
    virtual absl::StatusOr<pid_t> Conclude(int starter_wait_status) = 0;
  };

  virtual ~OciRuntime() = default;

  // Makes the container and starts its command; returns the pid of its first
  // process, which becomes a child of this one if this one is a subreaper.
  // `rootfs_fd` is a detached mount that is attached to the bundle's rootfs/,
  // or -1. What a failure leaves behind, Delete removes.
  //
  // Errors: see OciError.
  virtual absl::StatusOr<pid_t> Run(int rootfs_fd, const Stdio& stdio) = 0;

  // Begins to start a process in the container, which must run. `exec_id` tells
  // apart what is pending; `process_json` is a process of the OCI runtime
  // specification.
  virtual absl::StatusOr<std::unique_ptr<PendingExec>> BeginExec(
      const std::string& exec_id, const std::string& process_json,
      const Stdio& stdio) = 0;

  // Kills it if it runs, and removes its state and control group. A container
  // that is not there is no error.
  virtual absl::Status Delete() = 0;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_OCI_RUNTIME_H_
