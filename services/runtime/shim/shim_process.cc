#include "services/runtime/shim/shim_process.h"

#include <sys/wait.h>

#include "absl/time/clock.h"
#include "services/runtime/oci_runtime/exec_failure.h"

namespace gantry::runtime {
namespace {

// After the process has ended, output is awaited for the first time without
// any, and for the second time at most.
constexpr absl::Duration kQuietTime = absl::Seconds(1);
constexpr absl::Duration kMaxDrainTime = absl::Seconds(10);

}  // namespace

void ShimProcess::NoteExit(int wait_status, absl::Time now) {
  exited_ = true;
  exit_.exit_code = WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status)
                                             : WEXITSTATUS(wait_status);
  exit_.exited_at = now;
  last_output_ = now;
}

void ShimProcess::ReadOutput(int stream, Sink sink) {
  const bool read = io_->ReadOutput(stream, [&](absl::string_view data) {
    return TakeOutput(stream, data, sink);
  });
  if (read && exited_) last_output_ = absl::Now();
}

bool ShimProcess::TakeOutput(int stream, absl::string_view data, Sink sink) {
  const OutputStream name =
      stream == 0 ? OutputStream::kStdout : OutputStream::kStderr;
  const bool errors = stream == 1 || io_->is_terminal();
  if (errors && errors_untouched_) {
    errors_untouched_ = false;
    if (const auto failure = ParseExecFailure(data)) {
      exec_failure_code_ = failure->exit_code;
      return sink(name, failure->message);
    }
  }
  return sink(name, data);
}

bool ShimProcess::FinishIfDrained(absl::Time now) {
  if (!exited_ || finished_) return false;
  if (!io_->AllOutputEnded() && now - last_output_ < kQuietTime &&
      now - exit_.exited_at < kMaxDrainTime) {
    return false;
  }
  finished_ = true;
  io_->CloseOutput();
  if (exit_.exit_code == 1 && exec_failure_code_ != 0) {
    exit_.exit_code = exec_failure_code_;
  }
  return true;
}

}  // namespace gantry::runtime
