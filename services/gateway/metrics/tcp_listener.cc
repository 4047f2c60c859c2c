#include "services/gateway/metrics/tcp_listener.h"

#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"

namespace gantry::gateway {
namespace {

absl::StatusOr<UniqueFd> Bind(const addrinfo& info,
                              const std::string& address) {
  UniqueFd fd(
      ::socket(info.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (fd.is_open() &&
      ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
      ::bind(fd.get(), info.ai_addr, info.ai_addrlen) == 0 &&
      ::listen(fd.get(), 64) == 0) {
    return fd;
  }
  if (errno == EADDRINUSE) {
    return absl::AlreadyExistsError(
        absl::StrCat("another process listens on ", address,
                     "; choose another metrics_address in the configuration"));
  }
  return absl::ErrnoToStatus(errno, absl::StrCat("listen on ", address));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TcpListener>> TcpListener::Listen(
    const std::string& address, std::function<void(UniqueFd)> outlet) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "metrics_address is \"", address, "\", not \"address:port\""));
  }
  absl::string_view host = absl::string_view(address).substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  addrinfo hints = {};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(std::string(host).c_str(),
                    address.substr(colon + 1).c_str(), &hints, &found) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("metrics_address is \"", address,
                     "\", not a numeric address and a port"));
  }
  const absl::Cleanup free = [found] { ::freeaddrinfo(found); };
  absl::StatusOr<UniqueFd> listener = Bind(*found, address);
  if (!listener.ok()) return listener.status();
  return std::unique_ptr<TcpListener>(
      new TcpListener(*std::move(listener), std::move(outlet)));
}

TcpListener::TcpListener(UniqueFd listener,
                         std::function<void(UniqueFd)> outlet)
    : listener_(std::move(listener)),
      wakeup_(::eventfd(0, EFD_CLOEXEC)),
      outlet_(std::move(outlet)),
      thread_([this] { Loop(); }) {}

TcpListener::~TcpListener() {
  ::eventfd_write(wakeup_.get(), 1);
  thread_.join();
}

void TcpListener::Loop() {
  while (true) {
    std::array<pollfd, 2> fds = {pollfd{listener_.get(), POLLIN, 0},
                                 pollfd{wakeup_.get(), POLLIN, 0}};
    ::poll(fds.data(), fds.size(), -1);
    if (fds[1].revents != 0) return;
    UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr,
                                  SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (connection.is_open()) {
      outlet_(std::move(connection));
    } else if (errno == EMFILE || errno == ENFILE) {
      absl::SleepFor(absl::Milliseconds(10));
    }
  }
}

}  // namespace gantry::gateway
