#include "services/runtime/oci_runtime/external_oci_runtime.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/fs/file.h"
#include "common/fs/unique_fd.h"
#include "common/status/status_macros.h"
#include "services/runtime/oci_runtime/container_cgroup.h"
#include "services/runtime/oci_runtime/oci_error.h"

namespace gantry::runtime {
namespace {

// Longer than any hook may take; a runtime that hangs must not hang its shim.
constexpr int kTimeoutMillis = 120'000;
constexpr int64_t kMaxErrorBytes = 256 << 10;

#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 0x00000004
#endif

// What rt_sigaction(2) takes; all zero is SIG_DFL.
struct KernelSigaction {
  void* handler = nullptr;
  unsigned long flags = 0;
  void* restorer = nullptr;
  uint64_t mask = 0;
};

std::string EndOf(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    return absl::StrCat("it was ended by signal ", WTERMSIG(wait_status));
  }
  return absl::StrCat("it ended with code ", WEXITSTATUS(wait_status));
}

// The wait status of `child`, which is killed after kTimeoutMillis.
absl::StatusOr<int> WaitFor(pid_t child) {
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  bool in_time = true;
  if (pidfd.is_open()) {
    pollfd item = {pidfd.get(), POLLIN, 0};
    int ready;
    do {
      ready = ::poll(&item, 1, kTimeoutMillis);
    } while (ready < 0 && errno == EINTR);
    in_time = ready != 0;
    if (!in_time) ::kill(child, SIGKILL);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return absl::ErrnoToStatus(errno, "waitpid");
  }
  if (!in_time) {
    return absl::DeadlineExceededError("the OCI runtime did not end");
  }
  return status;
}

absl::StatusOr<pid_t> ReadPid(const std::string& path) {
  GANTRY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, 64));
  int pid = 0;
  if (!absl::SimpleAtoi(absl::StripAsciiWhitespace(text), &pid) || pid <= 1) {
    return absl::InternalError("the OCI runtime has written no process id");
  }
  return pid;
}

[[noreturn]] void Fail(const char* what) {
  ::dprintf(2, "%s: %s\n", what, ::strerror(errno));
  ::_exit(1);
}

}  // namespace

class ExternalOciRuntime::ExternalExec : public PendingExec {
 public:
  ExternalExec(Invocation invocation, std::string pid_path,
               std::string process_path)
      : invocation_(std::move(invocation)),
        pid_path_(std::move(pid_path)),
        process_path_(std::move(process_path)) {}
  ~ExternalExec() override {
    for (const std::string& path :
         {invocation_.log_path, pid_path_, process_path_}) {
      ::unlink(path.c_str());
    }
  }

  pid_t starter_pid() const override { return invocation_.pid; }
  absl::StatusOr<pid_t> Conclude(int starter_wait_status) override {
    GANTRY_RETURN_IF_ERROR(
        ExternalOciRuntime::Conclude(invocation_, starter_wait_status));
    return ReadPid(pid_path_);
  }

 private:
  const Invocation invocation_;
  const std::string pid_path_;
  const std::string process_path_;
};

bool IsPlainOciRuntime(absl::string_view program) {
  const absl::string_view name = program.substr(program.rfind('/') + 1);
  return name == "crun" || name == "runc";
}

ExternalOciRuntime::ExternalOciRuntime(Options options)
    : options_(std::move(options)) {}

std::string ExternalOciRuntime::WorkFile(const std::string& name,
                                         const char* suffix) const {
  return absl::StrCat(options_.work_dir, "/", name, suffix);
}

absl::StatusOr<pid_t> ExternalOciRuntime::Run(int rootfs_fd,
                                              const Stdio& stdio) {
  const std::string pid_path = WorkFile(options_.id, ".pid");
  const auto remove_pid_file =
      absl::MakeCleanup([&pid_path] { ::unlink(pid_path.c_str()); });
  std::vector<std::string> arguments = {"run",        "--detach",
                                        "--bundle",   options_.bundle_dir,
                                        "--pid-file", pid_path};
  if (!stdio.console_socket.empty()) {
    arguments.insert(arguments.end(),
                     {"--console-socket", stdio.console_socket});
  }
  arguments.push_back(options_.id);
  GANTRY_RETURN_IF_ERROR(Complete(arguments, rootfs_fd, &stdio));
  return ReadPid(pid_path);
}

absl::StatusOr<std::unique_ptr<OciRuntime::PendingExec>>
ExternalOciRuntime::BeginExec(const std::string& exec_id,
                              const std::string& process_json,
                              const Stdio& stdio) {
  const std::string pid_path = WorkFile(exec_id, ".pid");
  const std::string process_path = WorkFile(exec_id, ".process");
  absl::Cleanup remove_process = [&process_path] {
    ::unlink(process_path.c_str());
  };
  GANTRY_RETURN_IF_ERROR(
      WriteFileAtomically(process_path, process_json, 0600, /*sync=*/false));
  std::vector<std::string> arguments = {"exec",       "--detach",   "--process",
                                        process_path, "--pid-file", pid_path};
  if (!stdio.console_socket.empty()) {
    arguments.insert(arguments.end(),
                     {"--console-socket", stdio.console_socket});
  }
  arguments.push_back(options_.id);
  GANTRY_ASSIGN_OR_RETURN(Invocation invocation,
                          Spawn(exec_id, arguments, -1, &stdio));
  std::move(remove_process).Cancel();
  return std::make_unique<ExternalExec>(std::move(invocation), pid_path,
                                        process_path);
}

absl::Status ExternalOciRuntime::Delete() {
  const ContainerCgroup cgroup(options_.cgroup_path);
  GANTRY_RETURN_IF_ERROR(cgroup.KillAll(absl::Seconds(10)));
  const std::string state = absl::StrCat(options_.state_dir, "/", options_.id);
  if (::access(state.c_str(), F_OK) == 0) {
    // Of a container whose processes are gone a plain runtime has nothing but
    // its state and the group; executing it would take longer than the rest.
    if (!IsPlainOciRuntime(options_.program)) {
      Complete({"delete", "--force", options_.id}, -1, nullptr).IgnoreError();
    }
    GANTRY_RETURN_IF_ERROR(RemoveTree(state));
  }
  cgroup.Remove();
  return absl::OkStatus();
}

absl::Status ExternalOciRuntime::Complete(
    const std::vector<std::string>& arguments, int rootfs_fd,
    const Stdio* stdio) const {
  GANTRY_ASSIGN_OR_RETURN(const Invocation invocation,
                          Spawn(options_.id, arguments, rootfs_fd, stdio));
  const auto remove_log = absl::MakeCleanup(
      [&invocation] { ::unlink(invocation.log_path.c_str()); });
  GANTRY_ASSIGN_OR_RETURN(const int wait_status, WaitFor(invocation.pid));
  return Conclude(invocation, wait_status);
}

absl::StatusOr<ExternalOciRuntime::Invocation> ExternalOciRuntime::Spawn(
    const std::string& name, const std::vector<std::string>& arguments,
    int rootfs_fd, const Stdio* stdio) const {
  Invocation invocation;
  invocation.operation = arguments.front();
  invocation.log_path = WorkFile(name, ".log");
  ::unlink(invocation.log_path.c_str());
  UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null.is_open()) return absl::ErrnoToStatus(errno, "/dev/null");
  invocation.errors.reset(::memfd_create("oci-errors", MFD_CLOEXEC));
  if (!invocation.errors.is_open()) {
    return absl::ErrnoToStatus(errno, "memfd_create");
  }
  std::vector<std::string> command = {options_.program,
                                      "--root",
                                      options_.state_dir,
                                      "--log",
                                      invocation.log_path,
                                      "--log-format",
                                      "json"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  Stdio used;
  used.in = used.out = null.get();
  used.err = invocation.errors.get();
  if (stdio != nullptr && stdio->console_socket.empty()) used = *stdio;
  invocation.pid = ::fork();
  if (invocation.pid < 0) return absl::ErrnoToStatus(errno, "fork");
  if (invocation.pid == 0) {
    Execute(command, rootfs_fd, used, invocation.errors.get());
  }
  return invocation;
}

absl::Status ExternalOciRuntime::Conclude(const Invocation& invocation,
                                          int wait_status) {
  if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) {
    return absl::OkStatus();
  }
  std::string output;
  const int errors = invocation.errors.get();
  if (::lseek(errors, 0, SEEK_SET) == 0) {
    output = ReadFd(errors, "errors", kMaxErrorBytes).value_or("");
  }
  return OciError(invocation.operation,
                  ReadFile(invocation.log_path, kMaxErrorBytes).value_or(""),
                  output, EndOf(wait_status));
}

void ExternalOciRuntime::Execute(const std::vector<std::string>& arguments,
                                 int rootfs_fd, const Stdio& stdio,
                                 int error_fd) const {
  // Until the program runs, errors go where they are read.
  if (::dup2(error_fd, 2) < 0) ::_exit(1);
  if (::unshare(CLONE_NEWNS) != 0) Fail("unshare");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    Fail("mount /");
  }
  if (HasHybridCgroups()) ::umount2("/sys/fs/cgroup/unified", MNT_DETACH);
  if (rootfs_fd >= 0) {
    const std::string target = options_.bundle_dir + "/rootfs";
    if (::syscall(SYS_move_mount, rootfs_fd, "", AT_FDCWD, target.c_str(),
                  MOVE_MOUNT_F_EMPTY_PATH) != 0) {
      Fail("attaching the root file system");
    }
  }
  if (::chdir("/") != 0) Fail("chdir");
  if (::fcntl(error_fd, F_SETFD, FD_CLOEXEC) != 0) Fail("fcntl");
  for (int fd : {stdio.in, stdio.out}) {
    if (fd <= 2) Fail("descriptors");
  }
  if (::dup2(stdio.in, 0) < 0 || ::dup2(stdio.out, 1) < 0) Fail("dup2");

  // The C library's own function leaves out two signals that its posix_spawn
  // ignores.
  const KernelSigaction action = {};
  for (int signal = 1; signal < NSIG; ++signal) {
    ::syscall(SYS_rt_sigaction, signal, &action, nullptr, sizeof(action.mask));
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);

  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  // Kept to say why the program could not be executed.
  const int saved = ::fcntl(error_fd, F_DUPFD_CLOEXEC, 3);
  if (stdio.err != error_fd && ::dup2(stdio.err, 2) < 0) Fail("dup2");
  ::execvp(argv[0], argv.data());
  ::dprintf(saved, "%s: %s\n", argv[0], ::strerror(errno));
  ::_exit(1);
}

}  // namespace gantry::runtime
