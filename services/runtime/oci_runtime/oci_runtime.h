// What makes containers: an OCI runtime, for one container.
//
// Threads: one at a time.

#ifndef GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_OCI_RUNTIME_H_
#define GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_OCI_RUNTIME_H_

#include <sys/types.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gantry::runtime {

class OciRuntime {
 public:
  // Descriptors that become 0, 1 and 2 of the container; borrowed.
  struct Stdio {
    int in = -1;
    int out = -1;
    int err = -1;
  };

  virtual ~OciRuntime() = default;

  // Makes the container, whose first process waits for Start; returns its pid.
  // That process becomes a child of this one if this one is a subreaper.
  // `rootfs_fd` is a detached mount that is attached to the bundle's rootfs/,
  // or -1. What a failure leaves behind, Delete removes.
  //
  // Errors: see OciError.
  virtual absl::StatusOr<pid_t> Create(int rootfs_fd, const Stdio& stdio) = 0;

  virtual absl::Status Start() = 0;

  // Kills it if it runs, and removes its state and control group. A container
  // that is not there is no error.
  virtual absl::Status Delete() = 0;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_OCI_RUNTIME_H_
