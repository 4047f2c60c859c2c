#include "services/image/server/mount_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "gantry/image/v1/snapshot_service.pb.h"

namespace gantry::image {
namespace {

constexpr int kBacklog = 128;
constexpr size_t kMaxConnections = 512;
constexpr size_t kMaxRequestBytes = 4096;
constexpr size_t kMaxMessageBytes = 4096;

bool IsTrusted(int fd) {
  ucred peer{};
  socklen_t length = sizeof(peer);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
    return false;
  }
  return peer.uid == 0 || peer.uid == geteuid();
}

// One packet, with a descriptor if `mount` is open.
bool Send(int fd, const v1::SnapshotMountReply& reply, const UniqueFd& mount) {
  std::string packet = reply.SerializeAsString();
  // A packet of no bytes would look like the end of the connection: code 0
  // without a message is written out.
  if (packet.empty()) packet = std::string("\x08\x00", 2);
  iovec part{packet.data(), packet.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  if (mount.is_open()) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int mount_fd = mount.get();
    std::memcpy(CMSG_DATA(header), &mount_fd, sizeof(mount_fd));
  }
  return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<MountServer>> MountServer::Start(
    const std::string& socket_path, Snapshotter& snapshotter) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the path of a socket is too long: ", socket_path));
  }
  std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size() + 1);
  UniqueFd listener(
      socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.is_open()) return absl::ErrnoToStatus(errno, "socket");
  if (unlink(socket_path.c_str()) != 0 && errno != ENOENT) {
    return absl::ErrnoToStatus(errno, absl::StrCat("unlink ", socket_path));
  }
  if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&address),
           sizeof(address)) != 0 ||
      chmod(socket_path.c_str(), 0600) != 0 ||
      listen(listener.get(), kBacklog) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("listen at ", socket_path));
  }
  UniqueFd stop(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop.is_open()) return absl::ErrnoToStatus(errno, "eventfd");
  return std::unique_ptr<MountServer>(new MountServer(
      socket_path, std::move(listener), std::move(stop), snapshotter));
}

MountServer::MountServer(std::string socket_path, UniqueFd listener,
                         UniqueFd stop, Snapshotter& snapshotter)
    : socket_path_(std::move(socket_path)),
      listener_(std::move(listener)),
      stop_(std::move(stop)),
      snapshotter_(snapshotter),
      thread_([this] { Serve(); }) {}

MountServer::~MountServer() {
  const uint64_t one = 1;
  // An eventfd takes it always.
  [[maybe_unused]] const ssize_t written =
      write(stop_.get(), &one, sizeof(one));
  thread_.join();
  unlink(socket_path_.c_str());
}

void MountServer::Serve() {
  while (true) {
    std::vector<pollfd> polled;
    polled.push_back({stop_.get(), POLLIN, 0});
    // Beyond the limit, new connections wait in the backlog.
    const bool accepting = connections_.size() < kMaxConnections;
    polled.push_back({accepting ? listener_.get() : -1, POLLIN, 0});
    for (const UniqueFd& connection : connections_) {
      polled.push_back({connection.get(), POLLIN, 0});
    }
    if (poll(polled.data(), polled.size(), -1) < 0) {
      if (errno == EINTR) continue;
      LogError("the mount server stopped", {{"error", std::strerror(errno)}});
      return;
    }
    if (polled[0].revents != 0) return;
    std::vector<UniqueFd> kept;
    for (size_t i = 0; i < connections_.size(); ++i) {
      if (polled[i + 2].revents == 0 || Answer(connections_[i].get())) {
        kept.push_back(std::move(connections_[i]));
      }
    }
    connections_ = std::move(kept);
    if (polled[1].revents != 0) Accept();
  }
}

void MountServer::Accept() {
  UniqueFd connection(
      accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!connection.is_open()) {
    // Out of descriptors: wait for some to be closed rather than spin.
    if (errno == EMFILE || errno == ENFILE) poll(nullptr, 0, 10);
    return;
  }
  if (!IsTrusted(connection.get())) {
    v1::SnapshotMountReply reply;
    reply.set_code(static_cast<int>(absl::StatusCode::kPermissionDenied));
    reply.set_message("only root and the service's own user may mount");
    Send(connection.get(), reply, UniqueFd());
    return;
  }
  connections_.push_back(std::move(connection));
}

bool MountServer::Answer(int fd) {
  std::array<char, kMaxRequestBytes> buffer{};
  // Descriptors that a peer sends along are not taken: there is no room for
  // control data.
  const ssize_t received = recv(fd, buffer.data(), buffer.size(), MSG_TRUNC);
  if (received < 0) return errno == EAGAIN || errno == EINTR;
  if (received == 0) return false;

  v1::SnapshotMountRequest request;
  absl::StatusOr<UniqueFd> mount =
      absl::InvalidArgumentError("a malformed mount request");
  if (received <= static_cast<ssize_t>(buffer.size()) &&
      request.ParseFromArray(buffer.data(), static_cast<int>(received))) {
    mount = snapshotter_.Mount(request.key());
  }
  v1::SnapshotMountReply reply;
  if (mount.ok()) return Send(fd, reply, *mount);
  reply.set_code(static_cast<int>(mount.status().code()));
  reply.set_message(
      std::string(mount.status().message().substr(0, kMaxMessageBytes)));
  return Send(fd, reply, UniqueFd());
}

}  // namespace gantry::image
