#include "services/runtime/shim/frame.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstdint>

#include "common/status/status_macros.h"

namespace gantry::runtime {
namespace {

constexpr size_t kLengthBytes = 4;

}  // namespace

std::string EncodeFrame(const google::protobuf::MessageLite& message) {
  const uint32_t size = static_cast<uint32_t>(message.ByteSizeLong());
  std::string frame;
  frame.reserve(kLengthBytes + size);
  for (int shift = 24; shift >= 0; shift -= 8) {
    frame.push_back(static_cast<char>(size >> shift));
  }
  message.AppendToString(&frame);
  return frame;
}

absl::StatusOr<std::optional<std::string>> FrameBuffer::Take() {
  const size_t available = bytes_.size() - start_;
  if (available >= kLengthBytes) {
    uint32_t size = 0;
    for (size_t i = 0; i < kLengthBytes; ++i) {
      size = size << 8 | static_cast<uint8_t>(bytes_[start_ + i]);
    }
    if (size > kMaxFrameBytes) {
      return absl::InvalidArgumentError("a frame is too long");
    }
    if (available >= kLengthBytes + size) {
      std::string message = bytes_.substr(start_ + kLengthBytes, size);
      start_ += kLengthBytes + size;
      return message;
    }
  }
  bytes_.erase(0, start_);
  start_ = 0;
  return std::nullopt;
}

absl::Status SendFrame(int socket, const google::protobuf::MessageLite& message,
                       int passed_fd) {
  const std::string frame = EncodeFrame(message);
  size_t sent = 0;
  while (sent < frame.size()) {
    iovec data = {const_cast<char*>(frame.data()) + sent, frame.size() - sent};
    msghdr header = {};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    if (passed_fd >= 0 && sent == 0) {
      header.msg_control = control;
      header.msg_controllen = sizeof(control);
      cmsghdr* item = CMSG_FIRSTHDR(&header);
      item->cmsg_level = SOL_SOCKET;
      item->cmsg_type = SCM_RIGHTS;
      item->cmsg_len = CMSG_LEN(sizeof(int));
      ::memcpy(CMSG_DATA(item), &passed_fd, sizeof(int));
    }
    const ssize_t written = ::sendmsg(socket, &header, MSG_NOSIGNAL);
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno == EPIPE || errno == ECONNRESET) {
        return absl::UnavailableError("the shim is gone");
      }
      return absl::ErrnoToStatus(errno, "sending to the shim");
    }
    sent += written;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReceiveFrame(int socket, FrameBuffer& buffer,
                                         UniqueFd* passed_fd) {
  static thread_local char bytes[64 << 10];
  while (true) {
    GANTRY_ASSIGN_OR_RETURN(std::optional<std::string> message, buffer.Take());
    if (message.has_value()) return *std::move(message);

    iovec data = {bytes, sizeof(bytes)};
    msghdr header = {};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    header.msg_control = control;
    header.msg_controllen = sizeof(control);
    const ssize_t got = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) {
        return absl::DeadlineExceededError("the shim does not answer");
      }
      if (errno == ECONNRESET) {
        return absl::UnavailableError("the shim is gone");
      }
      return absl::ErrnoToStatus(errno, "receiving from the shim");
    }
    for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr;
         item = CMSG_NXTHDR(&header, item)) {
      if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) {
        continue;
      }
      int fd = -1;
      ::memcpy(&fd, CMSG_DATA(item), sizeof(int));
      UniqueFd owned(fd);
      if (passed_fd != nullptr) *passed_fd = std::move(owned);
    }
    if (got == 0) return absl::UnavailableError("the shim is gone");
    buffer.Append(absl::string_view(bytes, got));
  }
}

}  // namespace gantry::runtime
