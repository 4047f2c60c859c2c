#include "ctl/terminal/input_pump.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

namespace gantry::ctl {
namespace {

constexpr size_t kChunkBytes = 64 * 1024;

}  // namespace

InputPump::InputPump(int input_fd, ResizeWatch* resize_watch,
                     std::string detach_keys, Callbacks callbacks)
    : input_fd_(input_fd),
      resize_watch_(resize_watch),
      scanner_(std::move(detach_keys)),
      callbacks_(std::move(callbacks)),
      stop_fd_(eventfd(0, EFD_CLOEXEC)),
      thread_([this] { Run(); }) {}

InputPump::~InputPump() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written =
      write(stop_fd_.get(), &one, sizeof(one));
  thread_.join();
}

void InputPump::Run() {
  while (true) {
    // A negative descriptor is left out by poll.
    pollfd fds[] = {
        {stop_fd_.get(), POLLIN, 0},
        {resize_watch_ == nullptr ? -1 : resize_watch_->fd(), POLLIN, 0},
        {input_fd_, POLLIN, 0}};
    if (poll(fds, std::size(fds), -1) < 0) continue;
    if (fds[0].revents != 0) return;
    if (fds[1].revents != 0) {
      resize_watch_->Clear();
      callbacks_.on_resize();
    }
    if (fds[2].revents != 0 && TakeInput() == Next::kStop) return;
  }
}

InputPump::Next InputPump::TakeInput() {
  std::string chunk(kChunkBytes, '\0');
  const ssize_t got = read(input_fd_, chunk.data(), chunk.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return Next::kGoOn;
  // A terminal that is gone, and a descriptor that is closed, are at the end.
  if (got <= 0) return EndInput();
  chunk.resize(static_cast<size_t>(got));
  DetachKeyScanner::Result scanned = scanner_.Scan(chunk);
  if (!scanned.bytes.empty() &&
      !callbacks_.on_bytes(std::move(scanned.bytes))) {
    return Next::kStop;
  }
  if (!scanned.detached) return Next::kGoOn;
  callbacks_.on_detach();
  return Next::kStop;
}

InputPump::Next InputPump::EndInput() {
  input_fd_ = -1;
  const std::string held = scanner_.TakeHeld();
  if (!held.empty() && !callbacks_.on_bytes(held)) return Next::kStop;
  callbacks_.on_end();
  return Next::kGoOn;
}

}  // namespace gantry::ctl
