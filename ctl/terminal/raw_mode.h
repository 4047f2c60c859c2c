// Puts a terminal into raw mode, and back as it was: by the destructor, and
// before the process ends by INT, TERM, HUP, QUIT, PIPE, ABRT or SEGV. A
// signal that was ignored stays ignored.
//
// Threads: at most one lives at a time, made and destroyed on one thread.

#ifndef GANTRY_CTL_TERMINAL_RAW_MODE_H_
#define GANTRY_CTL_TERMINAL_RAW_MODE_H_

#include <signal.h>

#include <memory>
#include <vector>

#include "absl/status/statusor.h"

namespace gantry::ctl {

class RawMode {
 public:
  // FAILED_PRECONDITION or the errno's code: `fd` is not a terminal, or cannot
  // be changed.
  static absl::StatusOr<std::unique_ptr<RawMode>> Enter(int fd);

  ~RawMode();
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;

 private:
  struct OldAction {
    int signal;
    struct sigaction action;
  };

  RawMode() = default;
  void CatchSignals();

  std::vector<OldAction> old_actions_;
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_TERMINAL_RAW_MODE_H_
