#include "ctl/terminal/raw_mode.h"

#include <pthread.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "absl/status/status.h"

namespace gantry::ctl {
namespace {

constexpr int kEndingSignals[] = {SIGINT,  SIGTERM, SIGHUP, SIGQUIT,
                                  SIGPIPE, SIGABRT, SIGSEGV};

// What a signal handler needs, which has no other way to it. The descriptor is
// -1 while no terminal is in raw mode; `saved_attributes` is written before it.
std::atomic<int> raw_fd = -1;
termios saved_attributes;

// Also from the background, where the terminal would stop who changes it.
void Restore() {
  const int fd = raw_fd.exchange(-1);
  if (fd < 0) return;
  sigset_t stop;
  sigset_t old;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTTOU);
  pthread_sigmask(SIG_BLOCK, &stop, &old);
  tcsetattr(fd, TCSANOW, &saved_attributes);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
}

// Calls only what is safe in a handler.
void RestoreAndEnd(int number) {
  Restore();
  signal(number, SIG_DFL);
  raise(number);  // Delivered when the handler returns.
}

}  // namespace

absl::StatusOr<std::unique_ptr<RawMode>> RawMode::Enter(int fd) {
  termios attributes;
  if (tcgetattr(fd, &attributes) != 0) {
    return absl::ErrnoToStatus(errno, "reading the terminal's attributes");
  }
  std::unique_ptr<RawMode> mode(new RawMode());
  saved_attributes = attributes;
  mode->CatchSignals();
  raw_fd = fd;
  cfmakeraw(&attributes);
  attributes.c_cc[VMIN] = 1;
  attributes.c_cc[VTIME] = 0;
  if (tcsetattr(fd, TCSANOW, &attributes) != 0) {
    return absl::ErrnoToStatus(errno, "setting the terminal to raw mode");
  }
  return mode;
}

RawMode::~RawMode() {
  Restore();
  for (const OldAction& old : old_actions_) {
    sigaction(old.signal, &old.action, nullptr);
  }
}

void RawMode::CatchSignals() {
  struct sigaction action = {};
  action.sa_handler = RestoreAndEnd;
  sigfillset(&action.sa_mask);
  for (const int number : kEndingSignals) {
    OldAction old = {number, {}};
    if (sigaction(number, nullptr, &old.action) != 0 ||
        old.action.sa_handler == SIG_IGN) {
      continue;
    }
    sigaction(number, &action, nullptr);
    old_actions_.push_back(old);
  }
}

}  // namespace gantry::ctl
