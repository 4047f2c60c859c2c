// One process of a shim: its streams, and how it has ended. It counts as
// finished when its output has ended too, or has been awaited long enough:
// processes that outlive it may hold the streams open.
//
// Threads: one.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_SHIM_PROCESS_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_SHIM_PROCESS_H_

#include <sys/types.h>

#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/runtime/shim/exit_status.h"
#include "services/runtime/shim/process_io.h"

namespace gantry::runtime {

class ShimProcess {
 public:
  // Returns whether it takes more.
  using Sink = absl::FunctionRef<bool(OutputStream, absl::string_view)>;

  explicit ShimProcess(std::unique_ptr<ProcessIo> io) : io_(std::move(io)) {}

  ProcessIo& io() { return *io_; }
  const ProcessIo& io() const { return *io_; }
  // 0 before it is known.
  pid_t pid() const { return pid_; }
  void set_pid(pid_t pid) { pid_ = pid; }
  bool has_exited() const { return exited_; }
  bool is_finished() const { return finished_; }
  // Once it has exited.
  const ExitStatus& exit() const { return exit_; }

  // It was reaped.
  void NoteExit(int wait_status, absl::Time now);
  void ReadOutput(int stream, Sink sink);
  // Whether it just became finished; then its streams are closed.
  bool FinishIfDrained(absl::Time now);

 private:
  bool TakeOutput(int stream, absl::string_view data, Sink sink);

  const std::unique_ptr<ProcessIo> io_;
  pid_t pid_ = 0;
  bool exited_ = false;
  bool finished_ = false;
  ExitStatus exit_;
  absl::Time last_output_ = absl::InfinitePast();
  // What comes first, where errors go, may be the OCI runtime's last word.
  bool errors_untouched_ = true;
  // 0 unless the kernel could not execute the command.
  int exec_failure_code_ = 0;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_SHIM_PROCESS_H_
