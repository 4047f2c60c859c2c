#include "services/runtime/launcher/exec_launcher.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/fs/unique_fd.h"
#include "common/status/status_macros.h"
#include "services/runtime/launcher/launch_error.h"
#include "services/runtime/launcher/process_image.h"
#include "services/runtime/launcher/process_spec.h"

namespace gantry::runtime {
namespace {

constexpr int kNamespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
                            CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP;
#ifndef DEVPTS_SUPER_MAGIC
#define DEVPTS_SUPER_MAGIC 0x1cd1
#endif

// What rt_sigaction(2) takes; all zero is SIG_DFL.
struct KernelSigaction {
  void* handler = nullptr;
  unsigned long flags = 0;
  void* restorer = nullptr;
  uint64_t mask = 0;
};

// What the starter sends: the process, or why there is none.
struct Report {
  pid_t pid = 0;
  LaunchError error;
};

LaunchError Failed(LaunchStep step) { return {step, errno}; }
bool IsFailure(const LaunchError& error) {
  return error.step != LaunchStep::kNone;
}

// All that the two children work with.
struct Plan {
  const ProcessImage* image;
  OciRuntime::Stdio stdio;
  int pidfd = -1;
  int report_fd = -1;
  // Connected to where the terminal goes; -1 without one.
  int console_fd = -1;
  // Open files of the container's control groups.
  std::vector<UniqueFd> cgroups;
};

LaunchError SendDescriptor(int socket, int fd) {
  char byte = 0;
  iovec data = {&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header = {};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof(control);
  cmsghdr* item = CMSG_FIRSTHDR(&header);
  item->cmsg_level = SOL_SOCKET;
  item->cmsg_type = SCM_RIGHTS;
  item->cmsg_len = CMSG_LEN(sizeof(int));
  ::memcpy(CMSG_DATA(item), &fd, sizeof(int));
  if (::sendmsg(socket, &header, MSG_NOSIGNAL) < 0) {
    return Failed(LaunchStep::kTerminal);
  }
  return {};
}

// The container's own /dev/pts/ptmx, and nothing that it put in its place.
int OpenTerminalMaster() {
  open_how how = {};
  how.flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const int fd = static_cast<int>(
      ::syscall(SYS_openat2, AT_FDCWD, "/dev/pts/ptmx", &how, sizeof(how)));
  if (fd < 0) return -1;
  struct statfs system = {};
  struct stat info = {};
  if (::fstatfs(fd, &system) != 0 || ::fstat(fd, &info) != 0) return -1;
  if (system.f_type != DEVPTS_SUPER_MAGIC || !S_ISCHR(info.st_mode) ||
      info.st_rdev != makedev(5, 2)) {
    errno = ENXIO;
    return -1;
  }
  return fd;
}

// Makes a terminal this session's and hands its other side over.
LaunchError TakeTerminal(const Plan& plan) {
  const ProcessSpec& spec = plan.image->spec();
  const int master = OpenTerminalMaster();
  const int unlocked = 0;
  if (master < 0 || ::ioctl(master, TIOCSPTLCK, &unlocked) != 0) {
    return Failed(LaunchStep::kTerminal);
  }
  const int terminal = ::ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
  if (terminal < 0) return Failed(LaunchStep::kTerminal);
  if (spec.rows > 0 && spec.columns > 0) {
    winsize size = {};
    size.ws_row = spec.rows;
    size.ws_col = spec.columns;
    ::ioctl(master, TIOCSWINSZ, &size);
  }
  if (::ioctl(terminal, TIOCSCTTY, 0) != 0) {
    return Failed(LaunchStep::kTerminal);
  }
  for (int fd = 0; fd < 3; ++fd) {
    if (::dup2(terminal, fd) < 0) return Failed(LaunchStep::kStreams);
  }
  return SendDescriptor(plan.console_fd, master);
}

LaunchError ConnectStreams(const Plan& plan) {
  if (plan.console_fd >= 0) {
    const LaunchError error = TakeTerminal(plan);
    if (IsFailure(error)) return error;
  } else if (::dup2(plan.stdio.in, 0) < 0 || ::dup2(plan.stdio.out, 1) < 0 ||
             ::dup2(plan.stdio.err, 2) < 0) {
    return Failed(LaunchStep::kStreams);
  }
  // So that /dev/stdout and its like can be opened again.
  for (int fd = 0; fd < 3; ++fd) {
    struct stat info = {};
    if (::fstat(fd, &info) != 0) return Failed(LaunchStep::kStreams);
    if (info.st_rdev == makedev(1, 3)) continue;
    if (::fchown(fd, plan.image->spec().uid, -1) != 0 && errno != EPERM &&
        errno != EINVAL && errno != EROFS) {
      return Failed(LaunchStep::kStreams);
    }
  }
  return {};
}

void ResetSignals() {
  // The C library's own function leaves out two signals that it keeps to
  // itself.
  const KernelSigaction action = {};
  for (int signal = 1; signal < NSIG; ++signal) {
    ::syscall(SYS_rt_sigaction, signal, &action, nullptr, sizeof(action.mask));
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// In the container's process, until it is the program.
LaunchError RunProcess(const Plan& plan) {
  ResetSignals();
  ::umask(022);
  if (::setsid() < 0) return Failed(LaunchStep::kSession);
  const LaunchError error = ConnectStreams(plan);
  if (IsFailure(error)) return error;
  constexpr unsigned kOnExec = 4;  // CLOSE_RANGE_CLOEXEC
  if (::syscall(SYS_close_range, 3, ~0U, kOnExec) != 0) {
    return Failed(LaunchStep::kDescriptors);
  }
  return plan.image->Become();
}

LaunchError Join(const Plan& plan) {
  for (const UniqueFd& cgroup : plan.cgroups) {
    if (::write(cgroup.get(), "0", 1) != 1) return Failed(LaunchStep::kCgroup);
  }
  if (::setns(plan.pidfd, kNamespaces) != 0) {
    return Failed(LaunchStep::kNamespaces);
  }
  return {};
}

// In the first child: returns when the second is the program, or cannot be.
Report RunStarter(const Plan& plan) {
  Report report;
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  report.error = Join(plan);
  if (IsFailure(report.error)) return report;
  int executed[2];
  if (::pipe2(executed, O_CLOEXEC) != 0) {
    report.error = Failed(LaunchStep::kFork);
    return report;
  }
  // A sibling, so that it is the shim's child and in the container's process
  // namespace at once.
  report.pid = static_cast<pid_t>(::syscall(
      SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (report.pid < 0) {
    report.error = Failed(LaunchStep::kFork);
    return report;
  }
  if (report.pid == 0) {
    const LaunchError error = RunProcess(plan);
    if (::write(executed[1], &error, sizeof(error)) < 0) ::_exit(1);
    ::_exit(1);
  }
  ::close(executed[1]);
  LaunchError error;
  ssize_t got;
  do {
    got = ::read(executed[0], &error, sizeof(error));
  } while (got < 0 && errno == EINTR);
  // Nothing comes if it was executed.
  if (got == sizeof(error)) report.error = error;
  return report;
}

class LauncherExec : public OciRuntime::PendingExec {
 public:
  LauncherExec(pid_t starter, UniqueFd report, std::string program,
               std::string cwd)
      : starter_(starter),
        report_(std::move(report)),
        program_(std::move(program)),
        cwd_(std::move(cwd)) {}

  pid_t starter_pid() const override { return starter_; }

  absl::StatusOr<pid_t> Conclude(int /*starter_wait_status*/) override {
    Report report;
    if (::read(report_.get(), &report, sizeof(report)) != sizeof(report)) {
      return absl::InternalError(
          "the process could not be started: its starter was killed");
    }
    if (IsFailure(report.error)) {
      return ToStatus(report.error, program_, cwd_);
    }
    return report.pid;
  }

 private:
  const pid_t starter_;
  const UniqueFd report_;
  const std::string program_;
  const std::string cwd_;
};

absl::StatusOr<UniqueFd> ConnectConsole(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InternalError("the console socket's name is too long");
  }
  ::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (!fd.is_open() ||
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) != 0) {
    return absl::ErrnoToStatus(errno, "connect the console socket");
  }
  return fd;
}

}  // namespace

absl::StatusOr<std::unique_ptr<OciRuntime::PendingExec>> LaunchExec(
    pid_t container_pid, const ContainerCgroup& cgroup,
    const std::string& process_json, const std::string& seccomp_program,
    const OciRuntime::Stdio& stdio) {
  GANTRY_ASSIGN_OR_RETURN(ProcessSpec spec, ParseProcessSpec(process_json));
  const std::string program = spec.args[0];
  const std::string cwd = spec.cwd;
  const ProcessImage image(std::move(spec), seccomp_program);

  Plan plan;
  plan.image = &image;
  plan.stdio = stdio;
  UniqueFd console;
  if (!stdio.console_socket.empty()) {
    GANTRY_ASSIGN_OR_RETURN(console, ConnectConsole(stdio.console_socket));
    plan.console_fd = console.get();
  }
  GANTRY_ASSIGN_OR_RETURN(plan.cgroups, cgroup.OpenMemberFiles());
  const UniqueFd pidfd(
      static_cast<int>(::syscall(SYS_pidfd_open, container_pid, 0)));
  if (!pidfd.is_open()) return absl::ErrnoToStatus(errno, "pidfd_open");
  plan.pidfd = pidfd.get();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe");
  UniqueFd report(ends[0]);
  const UniqueFd report_end(ends[1]);
  plan.report_fd = report_end.get();

  const pid_t starter = ::fork();
  if (starter < 0) return absl::ErrnoToStatus(errno, "fork");
  if (starter == 0) {
    const Report result = RunStarter(plan);
    const bool sent = ::write(plan.report_fd, &result, sizeof(result)) ==
                      static_cast<ssize_t>(sizeof(result));
    ::_exit(sent && !IsFailure(result.error) ? 0 : 1);
  }
  return std::make_unique<LauncherExec>(starter, std::move(report), program,
                                        cwd);
}

}  // namespace gantry::runtime
