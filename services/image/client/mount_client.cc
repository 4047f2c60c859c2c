#include "services/image/client/mount_client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gantry/image/v1/snapshot_service.pb.h"

namespace gantry::image {
namespace {

constexpr int kTimeoutSeconds = 30;
constexpr size_t kMaxPacketBytes = 64 << 10;

absl::Status SocketError(int error, absl::string_view action,
                         const std::string& path) {
  const std::string message =
      absl::StrCat(action, " ", path, ": ", std::strerror(error));
  if (error == EAGAIN) return absl::DeadlineExceededError(message);
  return absl::UnavailableError(message);
}

absl::StatusOr<UniqueFd> Connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the path of a socket is too long: ", path));
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  UniqueFd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return SocketError(errno, "socket for", path);
  timeval timeout{};
  timeout.tv_sec = kTimeoutSeconds;
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) != 0) {
    return SocketError(errno, "connect to", path);
  }
  return fd;
}

}  // namespace

absl::StatusOr<UniqueFd> MountClient::Mount(const std::string& key) {
  absl::StatusOr<UniqueFd> socket = Connect(socket_path_);
  if (!socket.ok()) return socket.status();
  v1::SnapshotMountRequest request;
  request.set_key(key);
  const std::string packet = request.SerializeAsString();
  // An empty packet would look like the end.
  if (packet.empty()) return absl::InvalidArgumentError("an empty key");
  if (send(socket->get(), packet.data(), packet.size(), MSG_NOSIGNAL) < 0) {
    return SocketError(errno, "send to", socket_path_);
  }

  std::string buffer(kMaxPacketBytes, '\0');
  iovec part{buffer.data(), buffer.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t received = recvmsg(socket->get(), &message, MSG_CMSG_CLOEXEC);
  if (received < 0) return SocketError(errno, "receive from", socket_path_);
  if (received == 0 && message.msg_controllen == 0) {
    return absl::UnavailableError(
        absl::StrCat(socket_path_, " was closed without an answer"));
  }
  UniqueFd mount;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof(int))) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header), sizeof(fd));
      mount.reset(fd);
    }
  }
  v1::SnapshotMountReply reply;
  if (!reply.ParseFromArray(buffer.data(), static_cast<int>(received))) {
    return absl::InternalError("a malformed answer to a mount request");
  }
  if (reply.code() != 0) {
    return absl::Status(static_cast<absl::StatusCode>(reply.code()),
                        reply.message());
  }
  if (!mount.is_open()) {
    return absl::InternalError("an answer to a mount request without a mount");
  }
  return mount;
}

}  // namespace gantry::image
