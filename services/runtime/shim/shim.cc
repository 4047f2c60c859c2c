#include "services/runtime/shim/shim.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/fs/file.h"
#include "common/status/status_macros.h"
#include "services/runtime/oci_runtime/container_cgroup.h"
#include "services/runtime/oci_runtime/exec_failure.h"
#include "services/runtime/oci_runtime/external_oci_runtime.h"
#include "services/runtime/shim/exit_file.h"
#include "services/runtime/shim/frame.h"
#include "services/runtime/shim/shim_host.h"
#include "services/runtime/shim/shim_messages.h"
#include "services/runtime/shim/unix_socket.h"

namespace gantry::runtime {
namespace {

constexpr size_t kReadBytes = 64 << 10;
// A pipe is read this often before others get their turn.
constexpr int kReadsPerTurn = 16;
constexpr int kPipeBytes = 256 << 10;
// What a client may have waiting: a primary one before the container is held
// back, another before it is cut off.
constexpr size_t kPrimaryPendingBytes = 256 << 10;
constexpr size_t kMaxPendingBytes = 4 << 20;
// Processes that outlive the first one may hold the pipes open: after it has
// ended, output is awaited for the first time without any, and for the second
// time at most.
constexpr absl::Duration kQuietTime = absl::Seconds(1);
constexpr absl::Duration kMaxDrainTime = absl::Seconds(10);

char read_buffer[kReadBytes];

int ExitCodeOf(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status)
                                  : WEXITSTATUS(wait_status);
}

void BecomeShim() {
  ::setsid();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    ::signal(signal, SIG_IGN);
  }
  ::signal(SIGCHLD, SIG_DFL);
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child, nullptr);
}

void SendResponse(int socket, const absl::Status& status, pid_t pid) {
  shim::v1::Event event;
  *event.mutable_response() = ToResponse(0, status);
  event.mutable_response()->set_pid(pid);
  SendFrame(socket, event).IgnoreError();
}

}  // namespace

void ServeLaunch(UniqueFd connection, const std::string& run_dir) {
  BecomeShim();
  // A client that connects and says nothing must not leave a process behind.
  const timeval timeout = {10, 0};
  ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout,
               sizeof(timeout));
  FrameBuffer buffer;
  UniqueFd rootfs;
  const absl::StatusOr<std::string> frame =
      ReceiveFrame(connection.get(), buffer, &rootfs);
  shim::v1::Launch launch;
  if (!frame.ok() || !launch.ParseFromString(*frame)) return;
  shim::v1::Event hello;
  hello.mutable_hello()->set_protocol_version(kShimProtocolVersion);
  hello.mutable_hello()->set_id(launch.id());
  hello.mutable_hello()->set_shim_pid(::getpid());
  if (!SendFrame(connection.get(), hello).ok()) return;
  if (!IsContainerId(launch.id())) {
    SendResponse(connection.get(),
                 absl::InvalidArgumentError("not a container's id"), 0);
    return;
  }

  ExternalOciRuntime::Options options;
  options.id = launch.id();
  options.bundle_dir = launch.bundle_dir();
  options.program = launch.runtime_path();
  options.state_dir = OciStateDir(run_dir);
  options.work_dir = ShimDir(run_dir);
  options.cgroup_path = CgroupPathOf(launch.id());
  auto oci_runtime = std::make_unique<ExternalOciRuntime>(std::move(options));
  if (launch.clean_up()) {
    const absl::Status status = oci_runtime->Delete();
    if (status.ok()) {
      ::unlink(LaunchRecordPath(run_dir, launch.id()).c_str());
      ::unlink(ShimSocketPath(run_dir, launch.id()).c_str());
    }
    SendResponse(connection.get(), status, 0);
    return;
  }
  Shim shim(std::move(launch), run_dir, std::move(oci_runtime));
  const absl::Status created = shim.Create(std::move(rootfs));
  if (!created.ok()) {
    SendResponse(connection.get(), created, 0);
    return;
  }
  shim.Run(std::move(connection));
}

Shim::Shim(shim::v1::Launch launch, std::string run_dir,
           std::unique_ptr<OciRuntime> oci_runtime)
    : launch_(std::move(launch)),
      run_dir_(std::move(run_dir)),
      oci_runtime_(std::move(oci_runtime)) {}

absl::Status Shim::Create(UniqueFd rootfs) {
  if (ConnectUnix(ShimSocketPath(run_dir_, launch_.id())).ok()) {
    return absl::AlreadyExistsError(
        absl::StrCat("there is a shim of ", launch_.id()));
  }
  const absl::Status status = CreateOrFail(std::move(rootfs));
  if (!status.ok()) {
    oci_runtime_->Delete().IgnoreError();
    RemoveFiles();
  }
  return status;
}

absl::Status Shim::CreateOrFail(UniqueFd rootfs) {
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  signals_.reset(::signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals_.is_open()) return absl::ErrnoToStatus(errno, "signalfd");
  GANTRY_ASSIGN_OR_RETURN(listener_,
                          ListenUnix(ShimSocketPath(run_dir_, launch_.id())));
  // What an earlier run of the container has left says nothing of this one.
  ::unlink(launch_.exit_file().c_str());
  GANTRY_RETURN_IF_ERROR(
      WriteFileAtomically(LaunchRecordPath(run_dir_, launch_.id()),
                          launch_.SerializeAsString(), 0600, /*sync=*/false));
  GANTRY_ASSIGN_OR_RETURN(
      log_, CriLogWriter::Open(launch_.log_dir(), launch_.max_log_file_bytes(),
                               launch_.max_log_files()));

  UniqueFd write_ends[2];
  for (int i = 0; i < 2; ++i) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
      return absl::ErrnoToStatus(errno, "pipe");
    }
    pipes_[i].fd.reset(ends[0]);
    write_ends[i].reset(ends[1]);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    ::fcntl(ends[0], F_SETPIPE_SZ, kPipeBytes);
  }
  pipes_[0].log_stream = LogStream::kStdout;
  pipes_[0].stream = shim::v1::OUTPUT_STREAM_STDOUT;
  pipes_[1].log_stream = LogStream::kStderr;
  pipes_[1].stream = shim::v1::OUTPUT_STREAM_STDERR;
  UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null.is_open()) return absl::ErrnoToStatus(errno, "/dev/null");
  GANTRY_ASSIGN_OR_RETURN(
      pid_, oci_runtime_->Create(rootfs.get(), {null.get(), write_ends[0].get(),
                                                write_ends[1].get()}));
  return absl::OkStatus();
}

void Shim::RemoveFiles() {
  ::unlink(LaunchRecordPath(run_dir_, launch_.id()).c_str());
  ::unlink(ShimSocketPath(run_dir_, launch_.id()).c_str());
}

void Shim::Run(UniqueFd connection) {
  const timeval forever = {0, 0};
  ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &forever,
               sizeof(forever));
  SendResponse(connection.get(), absl::OkStatus(), pid_);
  clients_.emplace_back(std::move(connection));
  ::malloc_trim(0);
  while (!done_) PollOnce();
  FlushClients(absl::Seconds(2));
}

int Shim::PollTimeoutMillis() const { return exited_ && !finished_ ? 50 : -1; }

bool Shim::IsHeldBack() const {
  if (exited_ || deleting_) return false;
  return std::any_of(clients_.begin(), clients_.end(), [](const auto& client) {
    return client.primary && client.pending_bytes() > kPrimaryPendingBytes;
  });
}

void Shim::PollOnce() {
  std::vector<pollfd> items;
  items.push_back({signals_.get(), POLLIN, 0});
  items.push_back({listener_.get(), POLLIN, 0});
  const bool held_back = IsHeldBack();
  for (const Pipe& pipe : pipes_) {
    items.push_back({held_back ? -1 : pipe.fd.get(), POLLIN, 0});
  }
  for (const ShimClient& client : clients_) {
    const short out = client.pending_bytes() > 0 ? POLLOUT : 0;
    items.push_back({client.fd(), static_cast<short>(POLLIN | out), 0});
  }
  if (::poll(items.data(), items.size(), PollTimeoutMillis()) < 0) return;

  size_t next = 4;
  // New clients are added behind those that were polled.
  for (ShimClient& client : clients_) {
    const short events = items[next++].revents;
    if ((events & POLLOUT) != 0) client.Flush();
    if ((events & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
    client.Receive();
    while (const auto request = client.TakeRequest()) {
      Handle(client, *request);
    }
  }
  if (items[0].revents != 0) Reap();
  if (items[1].revents != 0) AcceptClients();
  for (int i = 0; i < 2; ++i) {
    if (items[2 + i].revents != 0 && ReadPipe(pipes_[i])) {
      last_output_ = absl::Now();
    }
  }
  FinishIfDrained();
  if (finished_ && deleting_) CompleteDelete();
  RemoveBrokenClients();
}

void Shim::AcceptClients() {
  while (true) {
    UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket.is_open()) return;
    clients_.emplace_back(std::move(socket));
    clients_.back().Send(HelloEvent());
  }
}

void Shim::RemoveBrokenClients() {
  for (auto it = clients_.begin(); it != clients_.end();) {
    if (!it->is_broken()) {
      ++it;
      continue;
    }
    if (deleter_ == &*it) deleter_ = nullptr;
    it = clients_.erase(it);
  }
}

void Shim::Reap() {
  signalfd_siginfo info;
  while (::read(signals_.get(), &info, sizeof(info)) > 0) {
  }
  int status = 0;
  while (true) {
    const pid_t child = ::waitpid(-1, &status, WNOHANG);
    if (child <= 0) return;
    if (child != pid_ || exited_) continue;
    exited_ = true;
    exit_.exit_code = ExitCodeOf(status);
    exit_.exited_at = absl::Now();
    last_output_ = exit_.exited_at;
  }
}

bool Shim::ReadPipe(Pipe& pipe) {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const ssize_t got = ::read(pipe.fd.get(), read_buffer, sizeof(read_buffer));
    if (got < 0) return i > 0;
    if (got == 0) {
      pipe.fd.reset();
      return i > 0;
    }
    TakeOutput(pipe, absl::string_view(read_buffer, got));
    if (IsHeldBack()) break;
  }
  return true;
}

void Shim::TakeOutput(const Pipe& pipe, absl::string_view data) {
  if (pipe.log_stream == LogStream::kStderr && errors_untouched_) {
    errors_untouched_ = false;
    if (const auto failure = ParseExecFailure(data)) {
      exec_failure_code_ = failure->exit_code;
      PublishOutput(pipe, failure->message);
      return;
    }
  }
  PublishOutput(pipe, data);
}

void Shim::PublishOutput(const Pipe& pipe, absl::string_view data) {
  // A full disk must not stop the container.
  log_->Write(pipe.log_stream, data, absl::Now()).IgnoreError();
  std::string frame;
  for (ShimClient& client : clients_) {
    if (!client.attached || client.is_closing()) continue;
    if (!client.primary && client.pending_bytes() > kMaxPendingBytes) {
      shim::v1::Event cut_off;
      cut_off.mutable_cut_off();
      client.Send(cut_off);
      client.CloseWhenSent();
      continue;
    }
    if (frame.empty()) {
      shim::v1::Event event;
      event.mutable_output()->set_stream(pipe.stream);
      event.mutable_output()->set_data(data.data(), data.size());
      frame = EncodeFrame(event);
    }
    client.SendFrame(frame);
  }
}

void Shim::FinishIfDrained() {
  if (!exited_ || finished_) return;
  const absl::Time now = absl::Now();
  const bool open = pipes_[0].fd.is_open() || pipes_[1].fd.is_open();
  if (open && now - last_output_ < kQuietTime &&
      now - exit_.exited_at < kMaxDrainTime) {
    return;
  }
  Finish();
}

void Shim::Finish() {
  for (Pipe& pipe : pipes_) pipe.fd.reset();
  log_.reset();
  if (exit_.exit_code == 1 && exec_failure_code_ != 0) {
    exit_.exit_code = exec_failure_code_;
  }
  exit_.oom_killed =
      ContainerCgroup(CgroupPathOf(launch_.id())).WasOutOfMemory();
  // If it cannot be written, those who ask this shim still learn it.
  WriteExitFile(launch_.exit_file(), exit_).IgnoreError();
  finished_ = true;
  for (ShimClient& client : clients_) client.Send(ExitEvent());
  ::malloc_trim(0);
}

void Shim::Handle(ShimClient& client, const shim::v1::Request& request) {
  absl::Status status;
  switch (request.kind_case()) {
    case shim::v1::Request::kStart:
      status = Start();
      break;
    case shim::v1::Request::kSignal:
      status = Signal(request.signal().number());
      break;
    case shim::v1::Request::kAttach:
      return Attach(client, request);
    case shim::v1::Request::kDelete:
      return BeginDelete(client, request.sequence());
    case shim::v1::Request::KIND_NOT_SET:
      status = absl::UnimplementedError("this shim is too old for the request");
      break;
  }
  shim::v1::Event event;
  *event.mutable_response() = ToResponse(request.sequence(), status);
  client.Send(event);
}

absl::Status Shim::Start() {
  Reap();
  if (started_) return absl::FailedPreconditionError("it was started already");
  if (exited_ || deleting_) {
    return absl::FailedPreconditionError("the container has ended");
  }
  GANTRY_RETURN_IF_ERROR(oci_runtime_->Start());
  started_ = true;
  return absl::OkStatus();
}

absl::Status Shim::Signal(int number) {
  Reap();
  if (exited_) return absl::FailedPreconditionError("the container has ended");
  // Until it is reaped, which is done here alone, its pid is nobody else's.
  if (::kill(pid_, number) != 0) return absl::ErrnoToStatus(errno, "kill");
  return absl::OkStatus();
}

void Shim::Attach(ShimClient& client, const shim::v1::Request& request) {
  client.attached = true;
  client.primary = request.attach().primary();
  shim::v1::Event event;
  *event.mutable_response() = ToResponse(request.sequence(), absl::OkStatus());
  client.Send(event);
  if (finished_) client.Send(ExitEvent());
}

void Shim::BeginDelete(ShimClient& client, uint64_t sequence) {
  deleting_ = true;
  deleter_ = &client;
  delete_sequence_ = sequence;
  if (!exited_) ::kill(pid_, SIGKILL);
}

void Shim::CompleteDelete() {
  const absl::Status status = oci_runtime_->Delete();
  deleting_ = false;
  if (status.ok()) {
    RemoveFiles();
    listener_.reset();
    done_ = true;
  }
  if (deleter_ == nullptr) return;
  shim::v1::Event event;
  *event.mutable_response() = ToResponse(delete_sequence_, status);
  deleter_->Send(event);
  deleter_ = nullptr;
}

void Shim::FlushClients(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  for (ShimClient& client : clients_) {
    while (!client.is_broken() && client.pending_bytes() > 0 &&
           absl::Now() < deadline) {
      pollfd item = {client.fd(), POLLOUT, 0};
      ::poll(&item, 1, 100);
      client.Flush();
    }
  }
}

shim::v1::Event Shim::HelloEvent() const {
  shim::v1::Event event;
  shim::v1::Hello& hello = *event.mutable_hello();
  hello.set_protocol_version(kShimProtocolVersion);
  hello.set_id(launch_.id());
  hello.set_shim_pid(::getpid());
  if (finished_) {
    hello.set_state(shim::v1::CONTAINER_STATE_EXITED);
    *hello.mutable_exit() = ToMessage(exit_);
  } else {
    hello.set_state(started_ ? shim::v1::CONTAINER_STATE_RUNNING
                             : shim::v1::CONTAINER_STATE_CREATED);
    if (!exited_) hello.set_pid(pid_);
  }
  return event;
}

shim::v1::Event Shim::ExitEvent() const {
  shim::v1::Event event;
  *event.mutable_exit() = ToMessage(exit_);
  return event;
}

}  // namespace gantry::runtime
