#include "ctl/output/console.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

namespace gantry::ctl {
namespace {

[[noreturn]] void EndAsByBrokenPipe() {
  signal(SIGPIPE, SIG_DFL);
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_UNBLOCK, &pipe, nullptr);
  kill(getpid(), SIGPIPE);
  _exit(128 + SIGPIPE);
}

}  // namespace

void Console::Write(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EPIPE) {
      EndAsByBrokenPipe();
    } else if (errno == EAGAIN) {
      pollfd ready = {fd, POLLOUT, 0};
      poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return;  // A full disk or a closed descriptor: nobody to tell.
    }
  }
}

}  // namespace gantry::ctl
