#include "services/runtime/shim/zygote_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include <cerrno>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/status_macros.h"
#include "services/runtime/shim/shim_messages.h"
#include "services/runtime/shim/unix_socket.h"

namespace gantry::runtime {

ZygoteProcess::ZygoteProcess(std::string run_dir, std::string shim_program)
    : run_dir_(std::move(run_dir)),
      shim_program_(std::move(shim_program)),
      socket_path_(ZygoteSocketPath(run_dir_)) {}

absl::StatusOr<UniqueFd> ZygoteProcess::Connect() {
  absl::StatusOr<UniqueFd> socket = ConnectUnix(socket_path_);
  if (!absl::IsNotFound(socket.status())) return socket;
  MutexLock lock(mu_);
  // One that holds the lock but does not listen yet, or dies just now, is
  // waited for.
  for (int attempt = 0; attempt < 50; ++attempt) {
    socket = ConnectUnix(socket_path_);
    if (!absl::IsNotFound(socket.status())) return socket;
    if (attempt > 0) absl::SleepFor(absl::Milliseconds(20));
    GANTRY_RETURN_IF_ERROR(Start());
  }
  return absl::UnavailableError("the zygote does not answer");
}

absl::Status ZygoteProcess::Start() {
  const std::string log_path = absl::StrCat(run_dir_, "/internal/shim.log");
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  const auto destroy = absl::MakeCleanup([&] {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  });
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, 2, log_path.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW,
                                     0600);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);

  const std::string path =
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  char* environment[] = {const_cast<char*>(path.c_str()), nullptr};
  char* arguments[] = {
      const_cast<char*>("gantry-shim"),        const_cast<char*>("--socket"),
      const_cast<char*>(socket_path_.c_str()), const_cast<char*>("--run_dir"),
      const_cast<char*>(run_dir_.c_str()),     nullptr};
  pid_t child = 0;
  const int error = ::posix_spawn(&child, shim_program_.c_str(), &files,
                                  &attributes, arguments, environment);
  if (error != 0) {
    return absl::UnavailableError(
        absl::StrCat(shim_program_, ": ", ::strerror(error)));
  }
  // It ends as soon as the zygote listens in the background.
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return absl::ErrnoToStatus(errno, "waitpid");
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return absl::UnavailableError(
        absl::StrCat(shim_program_, " did not start; see ", log_path));
  }
  return absl::OkStatus();
}

}  // namespace gantry::runtime
