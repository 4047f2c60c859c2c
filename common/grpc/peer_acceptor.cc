#include "common/grpc/peer_acceptor.h"

#include <fcntl.h>
#include <grpcpp/server.h>
#include <grpcpp/server_posix.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/status/status_macros.h"

namespace gantry {
namespace {

constexpr int kBacklog = 1024;

absl::StatusOr<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the socket's path ", path, " has ", path.size(),
                     " characters; ", sizeof(address.sun_path) - 1, " fit"));
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

const sockaddr* Generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

absl::Status RemoveStaleSocket(const std::string& path,
                               const sockaddr_un& address) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), Generic(address), sizeof(address)) == 0) {
    return absl::AlreadyExistsError(
        absl::StrCat("another process listens on ", path));
  }
  if (errno == ECONNREFUSED) ::unlink(path.c_str());
  return absl::OkStatus();
}

// The socket is made under another name, given its mode and owner, and renamed:
// nobody sees it with other rights.
absl::StatusOr<UniqueFd> MakeListener(const PeerAcceptor::Options& options) {
  GANTRY_ASSIGN_OR_RETURN(const sockaddr_un address,
                          AddressOf(options.socket_path));
  GANTRY_RETURN_IF_ERROR(RemoveStaleSocket(options.socket_path, address));
  const std::string temporary = absl::StrCat(options.socket_path, ".n");
  GANTRY_ASSIGN_OR_RETURN(const sockaddr_un first, AddressOf(temporary));
  ::unlink(temporary.c_str());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const bool made =
      fd.is_open() && ::bind(fd.get(), Generic(first), sizeof(first)) == 0 &&
      ::chmod(temporary.c_str(), 0600) == 0 &&
      (options.gid == static_cast<gid_t>(-1) ||
       ::chown(temporary.c_str(), static_cast<uid_t>(-1), options.gid) == 0) &&
      ::chmod(temporary.c_str(), options.mode) == 0 &&
      ::listen(fd.get(), kBacklog) == 0 &&
      ::rename(temporary.c_str(), options.socket_path.c_str()) == 0;
  if (!made) {
    return absl::ErrnoToStatus(errno,
                               absl::StrCat("listen on ", options.socket_path));
  }
  return fd;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PeerAcceptor>> PeerAcceptor::Listen(
    Options options) {
  GANTRY_ASSIGN_OR_RETURN(UniqueFd listener, MakeListener(options));
  UniqueFd wakeup(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wakeup.is_open()) return absl::ErrnoToStatus(errno, "make an eventfd");
  return std::unique_ptr<PeerAcceptor>(new PeerAcceptor(
      std::move(options), std::move(listener), std::move(wakeup)));
}

PeerAcceptor::PeerAcceptor(Options options, UniqueFd listener, UniqueFd wakeup)
    : options_(std::move(options)),
      listener_(std::move(listener)),
      wakeup_(std::move(wakeup)) {}

PeerAcceptor::~PeerAcceptor() { StopAccepting(); }

void PeerAcceptor::Serve(grpc::Server& server) {
  server_ = &server;
  thread_ = std::thread([this] { Loop(); });
}

void PeerAcceptor::Loop() {
  while (true) {
    std::array<pollfd, 2> fds = {pollfd{listener_.get(), POLLIN, 0},
                                 pollfd{wakeup_.get(), POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[1].revents != 0) return;
    if (fds[0].revents != 0) AcceptOne();
  }
}

void PeerAcceptor::AcceptOne() {
  UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr,
                                SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!connection.is_open()) {
    // Out of descriptors: the connection waits in the backlog until one is
    // free.
    if (errno == EMFILE || errno == ENFILE)
      absl::SleepFor(absl::Milliseconds(10));
    return;
  }
  ucred credentials = {};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &credentials,
                   &size) != 0) {
    return;
  }
  const Peer peer{credentials.uid, credentials.gid, credentials.pid};
  if (options_.admit && !options_.admit(peer)) return;
  if (options_.divert) options_.divert(connection, peer);
  if (connection.is_open()) Pass(std::move(connection), peer);
}

void PeerAcceptor::Pass(UniqueFd connection, const Peer& peer) {
  {
    MutexLock lock(mu_);
    peers_[connection.get()] = peer;
  }
  grpc::AddInsecureChannelFromFd(server_, connection.release());
}

std::optional<Peer> PeerAcceptor::PeerOf(absl::string_view grpc_peer) {
  int fd = -1;
  if (!absl::ConsumePrefix(&grpc_peer, "fd:") ||
      !absl::SimpleAtoi(grpc_peer, &fd)) {
    return std::nullopt;
  }
  MutexLock lock(mu_);
  const auto found = peers_.find(fd);
  if (found == peers_.end()) return std::nullopt;
  return found->second;
}

void PeerAcceptor::StopAccepting() {
  if (!listener_.is_open()) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t wrote =
      ::write(wakeup_.get(), &one, sizeof(one));
  if (thread_.joinable()) thread_.join();
  // In this order: once nobody listens another process may put its own socket
  // there.
  ::unlink(options_.socket_path.c_str());
  listener_.reset();
}

}  // namespace gantry
