#include "services/runtime/shim/process_io.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "services/runtime/shim/unix_socket.h"

namespace gantry::runtime {
namespace {

constexpr size_t kReadBytes = 64 << 10;
// A stream is read this often before others get their turn.
constexpr int kReadsPerTurn = 16;
constexpr int kPipeBytes = 1 << 20;
// The OCI runtime has sent the terminal before it ended.
constexpr int kConsoleTimeoutMillis = 1000;

char read_buffer[kReadBytes];

absl::StatusOr<UniqueFd> ReceiveDescriptor(int socket) {
  char byte = 0;
  char name[256];
  iovec data[] = {{&byte, 1}, {name, sizeof(name)}};
  msghdr header = {};
  header.msg_iov = data;
  header.msg_iovlen = 2;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  header.msg_control = control;
  header.msg_controllen = sizeof(control);
  if (::recvmsg(socket, &header, MSG_CMSG_CLOEXEC) < 0) {
    return absl::ErrnoToStatus(errno, "receiving the terminal");
  }
  const cmsghdr* item = CMSG_FIRSTHDR(&header);
  if (item == nullptr || item->cmsg_level != SOL_SOCKET ||
      item->cmsg_type != SCM_RIGHTS) {
    return absl::InternalError("the OCI runtime has sent no terminal");
  }
  int fd = -1;
  ::memcpy(&fd, CMSG_DATA(item), sizeof(int));
  return UniqueFd(fd);
}

}  // namespace

ProcessIo::ProcessIo(const Options& options) : options_(options) {}

ProcessIo::~ProcessIo() {
  if (console_listener_.is_open()) {
    ::unlinkat(console_dir_.get(), options_.name.c_str(), 0);
  }
}

absl::StatusOr<std::unique_ptr<ProcessIo>> ProcessIo::Open(
    const Options& options) {
  auto io = absl::WrapUnique(new ProcessIo(options));
  GANTRY_RETURN_IF_ERROR(options.terminal ? io->OpenConsoleSocket()
                                          : io->OpenPipes());
  return io;
}

absl::Status ProcessIo::OpenPipes() {
  for (int i = 0; i < kStreams; ++i) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
      return absl::ErrnoToStatus(errno, "pipe");
    }
    outputs_[i].reset(ends[0]);
    far_ends_[1 + i].reset(ends[1]);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    ::fcntl(ends[0], F_SETPIPE_SZ, kPipeBytes);
  }
  if (!options_.open_stdin) {
    far_ends_[0].reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!far_ends_[0].is_open()) return absl::ErrnoToStatus(errno, "/dev/null");
    return absl::OkStatus();
  }
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe");
  far_ends_[0].reset(ends[0]);
  input_fd_.reset(ends[1]);
  ::fcntl(ends[1], F_SETFL, O_WRONLY | O_NONBLOCK);
  return absl::OkStatus();
}

absl::Status ProcessIo::OpenConsoleSocket() {
  console_dir_.reset(
      ::open(options_.work_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!console_dir_.is_open()) {
    return absl::ErrnoToStatus(errno, options_.work_dir);
  }
  GANTRY_ASSIGN_OR_RETURN(
      console_listener_,
      ListenUnix(absl::StrCat(options_.work_dir, "/", options_.name)));
  return absl::OkStatus();
}

OciRuntime::Stdio ProcessIo::stdio() const {
  OciRuntime::Stdio stdio;
  if (options_.terminal) {
    // A socket's address is too short for most directories.
    stdio.console_socket = absl::StrCat("/proc/", ::getpid(), "/fd/",
                                        console_dir_.get(), "/", options_.name);
    return stdio;
  }
  stdio.in = far_ends_[0].get();
  stdio.out = far_ends_[1].get();
  stdio.err = far_ends_[2].get();
  return stdio;
}

absl::Status ProcessIo::TakeOver() {
  for (UniqueFd& end : far_ends_) end.reset();
  if (!options_.terminal) return absl::OkStatus();
  pollfd item = {console_listener_.get(), POLLIN, 0};
  ::poll(&item, 1, kConsoleTimeoutMillis);
  const UniqueFd socket(
      ::accept4(console_listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!socket.is_open()) {
    return absl::InternalError("the OCI runtime has made no terminal");
  }
  GANTRY_ASSIGN_OR_RETURN(console_, ReceiveDescriptor(socket.get()));
  ::unlinkat(console_dir_.get(), options_.name.c_str(), 0);
  console_listener_.reset();
  console_dir_.reset();
  ::fcntl(console_.get(), F_SETFL, O_RDWR | O_NONBLOCK);
  return absl::OkStatus();
}

int ProcessIo::output_fd(int stream) const {
  if (!options_.terminal) return outputs_[stream].get();
  return stream == 0 && !console_ended_ ? console_.get() : -1;
}

int ProcessIo::input_fd() const {
  if (pending_input_bytes() == 0) return -1;
  return options_.terminal ? console_.get() : input_fd_.get();
}

bool ProcessIo::ReadOutput(int stream,
                           absl::FunctionRef<bool(absl::string_view)> sink) {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const ssize_t got =
        ::read(output_fd(stream), read_buffer, sizeof(read_buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return i > 0;
    if (got <= 0) {
      // EIO on a terminal: no process has it open. It may be opened again and
      // resized, so it stays, but is not watched.
      if (options_.terminal) {
        console_ended_ = true;
      } else {
        outputs_[stream].reset();
      }
      return i > 0;
    }
    if (!sink(absl::string_view(read_buffer, got))) break;
  }
  return true;
}

bool ProcessIo::AllOutputEnded() const {
  return output_fd(0) < 0 && output_fd(1) < 0;
}

void ProcessIo::CloseOutput() {
  for (UniqueFd& output : outputs_) output.reset();
  console_ended_ = true;
  console_.reset();
  input_fd_.reset();
  input_.clear();
  input_start_ = 0;
}

void ProcessIo::WriteInput(absl::string_view data) {
  if (!options_.open_stdin || input_closing_) return;
  if (!options_.terminal && !input_fd_.is_open()) return;
  if (options_.terminal && !console_.is_open()) return;
  input_.append(data.data(), data.size());
  FlushInput();
}

void ProcessIo::CloseInput() {
  if (options_.terminal) return;
  input_closing_ = true;
  FlushInput();
}

void ProcessIo::FlushInput() {
  while (input_fd() >= 0) {
    const ssize_t written = ::write(input_fd(), input_.data() + input_start_,
                                    pending_input_bytes());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) return;
    if (written < 0) {
      // The process has closed its input.
      input_closing_ = true;
      input_start_ = input_.size();
      break;
    }
    input_start_ += written;
  }
  if (pending_input_bytes() > 0) return;
  if (input_.capacity() > kReadBytes) input_.shrink_to_fit();
  input_.clear();
  input_start_ = 0;
  if (input_closing_) input_fd_.reset();
}

void ProcessIo::Resize(TerminalSize size) {
  if (!console_.is_open() || size.rows == 0 || size.columns == 0) return;
  winsize window = {};
  window.ws_row = size.rows;
  window.ws_col = size.columns;
  ::ioctl(console_.get(), TIOCSWINSZ, &window);
}

}  // namespace gantry::runtime
