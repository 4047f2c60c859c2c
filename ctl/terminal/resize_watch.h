// Tells by a descriptor that the terminal's size has changed (SIGWINCH).
//
// Threads: at most one lives at a time; fd() and Clear() from any thread.

#ifndef GANTRY_CTL_TERMINAL_RESIZE_WATCH_H_
#define GANTRY_CTL_TERMINAL_RESIZE_WATCH_H_

#include <signal.h>

#include "common/fs/unique_fd.h"

namespace gantry::ctl {

class ResizeWatch {
 public:
  ResizeWatch();
  ~ResizeWatch();
  ResizeWatch(const ResizeWatch&) = delete;
  ResizeWatch& operator=(const ResizeWatch&) = delete;

  // Readable from a change on, until Clear.
  int fd() const { return event_fd_.get(); }
  void Clear();

 private:
  UniqueFd event_fd_;
  struct sigaction old_action_ = {};
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_TERMINAL_RESIZE_WATCH_H_
