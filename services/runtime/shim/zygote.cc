#include "services/runtime/shim/zygote.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

#include "absl/status/statusor.h"
#include "common/fs/unique_fd.h"
#include "services/runtime/oci_runtime/container_cgroup.h"
#include "services/runtime/shim/shim.h"
#include "services/runtime/shim/unix_socket.h"

namespace gantry::runtime {
namespace {

[[noreturn]] void Serve(UniqueFd listener, UniqueFd lock,
                        const std::string& run_dir) {
  while (true) {
    pollfd item = {listener.get(), POLLIN, 0};
    ::poll(&item, 1, -1);
    UniqueFd connection(
        ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection.is_open()) {
      // Out of descriptors or memory: both may come back.
      ::usleep(1000);
      continue;
    }
    const pid_t child = ::fork();
    if (child != 0) continue;
    listener.reset();
    lock.reset();
    ServeLaunch(std::move(connection), run_dir);
    ::_exit(0);
  }
}

}  // namespace

int RunZygote(const std::string& socket_path, const std::string& run_dir) {
  ::syscall(SYS_close_range, 3, ~0U, 0);
  ::umask(022);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD}) {
    ::signal(signal, SIG_IGN);
  }
  if (::chdir("/") != 0) return 1;
  const std::string lock_path = socket_path + ".lock";
  UniqueFd lock(::open(lock_path.c_str(),
                       O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!lock.is_open()) {
    ::perror(lock_path.c_str());
    return 1;
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return 0;
  absl::StatusOr<UniqueFd> listener = ListenUnix(socket_path);
  if (!listener.ok()) {
    ::fprintf(stderr, "%s\n", listener.status().ToString().c_str());
    return 1;
  }
  MoveSelfToCgroup("gantry-shims");
  const pid_t background = ::fork();
  if (background < 0) {
    ::perror("fork");
    return 1;
  }
  if (background > 0) return 0;
  ::setsid();
  // What a shim that dies leaves becomes a child of this process, which ignores
  // SIGCHLD, so that the kernel reaps it.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  // Once more, so that clients see the credentials of this process.
  ::listen(listener->get(), SOMAXCONN);
  Serve(*std::move(listener), std::move(lock), run_dir);
}

}  // namespace gantry::runtime
