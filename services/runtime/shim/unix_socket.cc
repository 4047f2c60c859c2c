#include "services/runtime/shim/unix_socket.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace gantry::runtime {
namespace {

// A short name of a path, valid while `directory` is open.
struct Address {
  UniqueFd directory;
  sockaddr_un address = {};
};

absl::StatusOr<Address> AddressOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string parent =
      slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string name =
      slash == std::string::npos ? path : path.substr(slash + 1);
  Address result;
  result.directory.reset(
      ::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!result.directory.is_open()) return absl::ErrnoToStatus(errno, parent);
  const std::string text =
      absl::StrCat("/proc/self/fd/", result.directory.get(), "/", name);
  if (text.size() >= sizeof(result.address.sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the socket's name is too long: ", name));
  }
  result.address.sun_family = AF_UNIX;
  ::memcpy(result.address.sun_path, text.c_str(), text.size() + 1);
  return result;
}

}  // namespace

absl::StatusOr<UniqueFd> ListenUnix(const std::string& path) {
  GANTRY_ASSIGN_OR_RETURN(const Address address, AddressOf(path));
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) return absl::ErrnoToStatus(errno, "socket");
  ::unlink(path.c_str());
  // The mode of a socket is that of its descriptor when it is bound.
  ::fchmod(fd.get(), 0600);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.address),
             sizeof(address.address)) != 0 ||
      ::listen(fd.get(), 1024) != 0) {
    return absl::ErrnoToStatus(errno, path);
  }
  return fd;
}

absl::StatusOr<UniqueFd> ConnectUnix(const std::string& path) {
  GANTRY_ASSIGN_OR_RETURN(const Address address, AddressOf(path));
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return absl::ErrnoToStatus(errno, "socket");
  while (::connect(fd.get(),
                   reinterpret_cast<const sockaddr*>(&address.address),
                   sizeof(address.address)) != 0) {
    if (errno == EINTR) continue;
    if (errno == ECONNREFUSED || errno == ENOENT) {
      return absl::NotFoundError(absl::StrCat(path, ": nobody listens"));
    }
    return absl::ErrnoToStatus(errno, path);
  }
  return fd;
}

}  // namespace gantry::runtime
