// The zygote as the runtime service sees it: started when it does not answer,
// and left running when the service ends.
//
// Threads: any.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_ZYGOTE_PROCESS_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_ZYGOTE_PROCESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/fs/unique_fd.h"
#include "common/sync/mutex.h"

namespace gantry::runtime {

class ZygoteProcess {
 public:
  // `run_dir` is absolute and holds internal/.
  ZygoteProcess(std::string run_dir, std::string shim_program);

  // A new connection, from which the zygote forks one shim.
  //
  // UNAVAILABLE: it does not start; the message says why, as far as is known.
  absl::StatusOr<UniqueFd> Connect() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  absl::Status Start() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string run_dir_;
  const std::string shim_program_;
  const std::string socket_path_;
  // Held while the zygote is started.
  Mutex mu_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_ZYGOTE_PROCESS_H_
