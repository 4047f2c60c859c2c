// How a container ended.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_EXIT_STATUS_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_EXIT_STATUS_H_

#include "absl/time/time.h"

namespace gantry::runtime {

struct ExitStatus {
  // 0 to 255; 128 and the signal's number if a signal ended it.
  int exit_code = 0;
  absl::Time exited_at;
  // Whether the kernel killed a process of it because memory ran out.
  bool oom_killed = false;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_EXIT_STATUS_H_
