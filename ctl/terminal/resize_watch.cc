#include "ctl/terminal/resize_watch.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace gantry::ctl {
namespace {

// For the signal handler, which has no other way to it; -1 without a watch.
std::atomic<int> watch_fd = -1;

void OnResize(int /*number*/) {
  const int saved_errno = errno;
  const uint64_t one = 1;
  if (const int fd = watch_fd; fd >= 0) {
    [[maybe_unused]] const ssize_t written = write(fd, &one, sizeof(one));
  }
  errno = saved_errno;
}

}  // namespace

ResizeWatch::ResizeWatch() : event_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  watch_fd = event_fd_.get();
  struct sigaction action = {};
  action.sa_handler = OnResize;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGWINCH, &action, &old_action_);
}

ResizeWatch::~ResizeWatch() {
  sigaction(SIGWINCH, &old_action_, nullptr);
  watch_fd = -1;
}

void ResizeWatch::Clear() {
  uint64_t count;
  [[maybe_unused]] const ssize_t got =
      read(event_fd_.get(), &count, sizeof(count));
}

}  // namespace gantry::ctl
