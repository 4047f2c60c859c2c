#include "services/runtime/shim/shim_client.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace gantry::runtime {
namespace {

constexpr int kReceivesPerTurn = 8;

}  // namespace

ShimClient::ShimClient(UniqueFd socket) : socket_(std::move(socket)) {
  ::fcntl(socket_.get(), F_SETFL, O_RDWR | O_NONBLOCK);
}

void ShimClient::Receive() {
  char bytes[16 << 10];
  // What is not taken in now is the other side's to keep.
  for (int i = 0; i < kReceivesPerTurn && !broken_; ++i) {
    const ssize_t got =
        ::recv(socket_.get(), bytes, sizeof(bytes), MSG_DONTWAIT);
    if (got > 0) {
      in_.Append(absl::string_view(bytes, got));
      continue;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    broken_ = true;
  }
}

std::optional<shim::v1::Request> ShimClient::TakeRequest() {
  absl::StatusOr<std::optional<std::string>> message = in_.Take();
  if (!message.ok()) broken_ = true;
  if (!message.ok() || !message->has_value()) return std::nullopt;
  shim::v1::Request request;
  if (!request.ParseFromString(**message)) {
    broken_ = true;
    return std::nullopt;
  }
  return request;
}

void ShimClient::SendFrame(const std::string& frame) {
  if (broken_ || closing_) return;
  out_.append(frame);
  Flush();
}

void ShimClient::Flush() {
  while (!broken_ && pending_bytes() > 0) {
    const ssize_t sent = ::send(socket_.get(), out_.data() + out_start_,
                                pending_bytes(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      out_start_ += sent;
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) break;
    broken_ = true;
  }
  if (pending_bytes() == 0) {
    out_.clear();
    out_start_ = 0;
    if (closing_) broken_ = true;
  } else if (out_start_ > out_.size() / 2) {
    out_.erase(0, out_start_);
    out_start_ = 0;
  }
}

}  // namespace gantry::runtime
