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
#include "services/runtime/launcher/exec_launcher.h"
#include "services/runtime/oci_runtime/container_cgroup.h"
#include "services/runtime/oci_runtime/external_oci_runtime.h"
#include "services/runtime/shim/exit_file.h"
#include "services/runtime/shim/frame.h"
#include "services/runtime/shim/shim_host.h"
#include "services/runtime/shim/shim_messages.h"
#include "services/runtime/shim/unix_socket.h"

namespace gantry::runtime {
namespace {

// What a client that is not primary may have waiting before it is cut off.
constexpr size_t kMaxPendingBytes = 4 << 20;
// What a process may have waiting to be read before its client is held back.
constexpr size_t kMaxPendingInputBytes = 256 << 10;
constexpr int kMaxExecs = 1024;

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
  const absl::Status launched = shim.Launch(std::move(rootfs));
  if (!launched.ok()) {
    SendResponse(connection.get(), launched, 0);
    return;
  }
  shim.Run(std::move(connection));
}

Shim::Shim(shim::v1::Launch launch, std::string run_dir,
           std::unique_ptr<OciRuntime> oci_runtime)
    : launch_(std::move(launch)),
      run_dir_(std::move(run_dir)),
      oci_runtime_(std::move(oci_runtime)) {}

absl::Status Shim::Launch(UniqueFd rootfs) {
  if (ConnectUnix(ShimSocketPath(run_dir_, launch_.id())).ok()) {
    return absl::AlreadyExistsError(
        absl::StrCat("there is a shim of ", launch_.id()));
  }
  const absl::Status status = LaunchOrFail(std::move(rootfs));
  if (!status.ok()) {
    oci_runtime_->Delete().IgnoreError();
    RemoveFiles();
  }
  return status;
}

absl::Status Shim::LaunchOrFail(UniqueFd rootfs) {
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
  ProcessIo::Options options;
  options.terminal = launch_.terminal();
  options.open_stdin = launch_.open_stdin();
  options.work_dir = ShimDir(run_dir_);
  options.name = absl::StrCat(launch_.id(), ".console");
  GANTRY_ASSIGN_OR_RETURN(std::unique_ptr<ProcessIo> io,
                          ProcessIo::Open(options));
  container_ = std::make_unique<ShimProcess>(std::move(io));
  GANTRY_ASSIGN_OR_RETURN(
      const pid_t pid,
      oci_runtime_->Run(rootfs.get(), container_->io().stdio()));
  container_->set_pid(pid);
  GANTRY_RETURN_IF_ERROR(container_->io().TakeOver());
  container_->io().Resize(FromMessage(launch_.terminal_size()));
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
  SendResponse(connection.get(), absl::OkStatus(), container_->pid());
  clients_.emplace_back(std::move(connection));
  if (launch_.await_primary()) awaited_by_ = &clients_.back();
  ::malloc_trim(0);
  while (!done_) PollOnce();
  FlushClients(absl::Seconds(2));
}

int Shim::PollTimeoutMillis() const {
  int timeout = -1;
  if (container_->has_exited() && !container_->is_finished()) return 50;
  for (const auto& exec : execs_) {
    if (exec->process().has_exited()) return 50;
    if (exec->is_starting()) timeout = 1000;
  }
  return timeout;
}

bool Shim::IsHeldBack() const {
  if (deleting_) return false;
  if (awaited_by_ != nullptr) return true;
  if (container_->has_exited()) return false;
  return std::any_of(clients_.begin(), clients_.end(), [](const auto& client) {
    return client.primary && client.is_behind();
  });
}

bool Shim::IsInputHeldBack(const ShimClient& client) {
  const ShimExec* exec = ExecOf(client);
  // What it is for is not there yet.
  if (exec != nullptr && exec->is_starting()) return true;
  const ProcessIo* io = InputOf(client);
  return io != nullptr && io->pending_input_bytes() > kMaxPendingInputBytes;
}

struct Shim::PollSet {
  std::vector<pollfd> items;
  // Where each client's entry is; those that come later have none.
  std::vector<std::pair<ShimClient*, size_t>> clients;
  // Where the entries of a process begin: its output streams, then its input.
  std::vector<std::pair<ShimExec*, size_t>> execs;

  bool Has(size_t index, short events) const {
    return (items[index].revents & events) != 0;
  }
  void Add(int fd, short events) { items.push_back({fd, events, 0}); }
  void AddProcess(const ProcessIo& io, bool held_back) {
    for (int stream = 0; stream < ProcessIo::kStreams; ++stream) {
      Add(held_back ? -1 : io.output_fd(stream), POLLIN);
    }
    Add(io.input_fd(), POLLOUT);
  }
};

Shim::PollSet Shim::MakePollSet() {
  PollSet set;
  set.Add(signals_.get(), POLLIN);
  set.Add(listener_.get(), POLLIN);
  set.AddProcess(container_->io(), IsHeldBack());
  for (const auto& exec : execs_) {
    if (exec->is_starting()) continue;
    set.execs.emplace_back(exec.get(), set.items.size());
    set.AddProcess(exec->process().io(), exec->IsHeldBack());
  }
  for (ShimClient& client : clients_) {
    set.clients.emplace_back(&client, set.items.size());
    const short in = IsInputHeldBack(client) ? 0 : POLLIN;
    const short out = client.pending_bytes() > 0 ? POLLOUT : 0;
    set.Add(client.fd(), static_cast<short>(in | out));
  }
  return set;
}

void Shim::PollOnce() {
  constexpr size_t kContainer = 2;
  constexpr short kReadable = POLLIN | POLLHUP | POLLERR;
  constexpr short kWritable = POLLOUT | POLLERR;
  PollSet set = MakePollSet();
  if (::poll(set.items.data(), set.items.size(), PollTimeoutMillis()) < 0) {
    return;
  }
  ServeClients(set);
  if (set.Has(0, POLLIN)) Reap();
  if (set.Has(1, POLLIN)) AcceptClients();
  for (int stream = 0; stream < ProcessIo::kStreams; ++stream) {
    if (set.Has(kContainer + stream, kReadable)) {
      container_->ReadOutput(stream,
                             [this](OutputStream name, absl::string_view data) {
                               PublishOutput(name, data);
                               return !IsHeldBack();
                             });
    }
  }
  if (set.Has(kContainer + ProcessIo::kStreams, kWritable)) {
    container_->io().FlushInput();
  }
  for (const auto& [exec, begin] : set.execs) {
    for (int stream = 0; stream < ProcessIo::kStreams; ++stream) {
      if (set.Has(begin + stream, kReadable)) exec->ReadOutput(stream);
    }
    if (set.Has(begin + ProcessIo::kStreams, kWritable)) {
      exec->process().io().FlushInput();
    }
  }
  if (awaited_by_ == nullptr && container_->FinishIfDrained(absl::Now())) {
    Finish();
  }
  FinishExecs();
  // Those that had commands executed learn how these ended.
  if (container_->is_finished() && deleting_ && execs_.empty()) {
    CompleteDelete();
  }
  RemoveBrokenClients();
}

void Shim::ServeClients(const PollSet& set) {
  for (const auto& [client, index] : set.clients) {
    if (set.Has(index, POLLOUT)) client->Flush();
    if (!set.Has(index, POLLIN | POLLHUP | POLLERR)) continue;
    client->Receive();
    while (const auto request = client->TakeRequest()) {
      Handle(*client, *request);
    }
  }
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
    if (awaited_by_ == &*it) awaited_by_ = nullptr;
    if (ShimExec* exec = ExecOf(*it)) {
      // As at the end of a pipe whose writer has gone.
      exec->process().io().CloseInput();
      exec->ForgetClient();
    } else if (it->stdin && launch_.stdin_once()) {
      container_->io().CloseInput();
    }
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
    if (child <= 0) break;
    ReapOne(child, status);
  }
  const bool starting =
      std::any_of(execs_.begin(), execs_.end(),
                  [](const auto& exec) { return exec->is_starting(); });
  if (!starting) unclaimed_.clear();
}

void Shim::ReapOne(pid_t pid, int wait_status) {
  const absl::Time now = absl::Now();
  if (pid == container_->pid() && !container_->has_exited()) {
    container_->NoteExit(wait_status, now);
    return;
  }
  for (auto it = execs_.begin(); it != execs_.end(); ++it) {
    ShimExec& exec = **it;
    if (exec.is_starting() && exec.starter_pid() == pid) {
      if (!exec.Conclude(wait_status).ok()) {
        execs_.erase(it);
        return;
      }
      const auto reaped = unclaimed_.find(exec.process().pid());
      if (reaped != unclaimed_.end()) {
        exec.process().NoteExit(reaped->second, now);
      }
      return;
    }
    if (exec.process().pid() == pid && !exec.process().has_exited()) {
      exec.process().NoteExit(wait_status, now);
      return;
    }
  }
  // Those that live on by themselves are nobody's business, once no exec is
  // being started.
  unclaimed_[pid] = wait_status;
}

void Shim::PublishOutput(OutputStream stream, absl::string_view data) {
  // A full disk must not stop the container.
  log_->Write(stream == OutputStream::kStderr ? LogStream::kStderr
                                              : LogStream::kStdout,
              data, absl::Now())
      .IgnoreError();
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
    if (frame.empty()) frame = EncodeFrame(OutputEventOf(stream, data));
    client.SendFrame(frame);
  }
}

void Shim::Finish() {
  log_.reset();
  oom_killed_ = ContainerCgroup(CgroupPathOf(launch_.id())).WasOutOfMemory();
  // If it cannot be written, those who ask this shim still learn it.
  ExitStatus exit = container_->exit();
  exit.oom_killed = oom_killed_;
  WriteExitFile(launch_.exit_file(), exit).IgnoreError();
  for (ShimClient& client : clients_) {
    // One that had a command executed waits for that one's exit.
    if (ExecOf(client) == nullptr) client.Send(ExitEvent());
  }
  ::malloc_trim(0);
}

void Shim::FinishExecs() {
  const absl::Time now = absl::Now();
  for (auto it = execs_.begin(); it != execs_.end();) {
    (*it)->KillStarterIfLate(now);
    if (!(*it)->process().FinishIfDrained(now)) {
      ++it;
      continue;
    }
    (*it)->SendExit();
    it = execs_.erase(it);
    if (execs_.empty()) ::malloc_trim(0);
  }
}

void Shim::Handle(ShimClient& client, const shim::v1::Request& request) {
  using Kind = shim::v1::Request;
  const uint64_t sequence = request.sequence();
  switch (request.kind_case()) {
    case Kind::kSignal:
      return Answer(client, sequence, Signal(request.signal().number()));
    case Kind::kAttach:
      return Attach(client, request);
    case Kind::kExec:
      if (const absl::Status begun = BeginExec(client, request); !begun.ok()) {
        Answer(client, sequence, begun);
      }
      return;
    case Kind::kInput:
      if (ProcessIo* io = InputOf(client)) io->WriteInput(request.input());
      return;
    case Kind::kCloseInput:
      if (ProcessIo* io = InputOf(client)) io->CloseInput();
      return;
    case Kind::kResize:
      if (ShimExec* exec = ExecOf(client)) {
        exec->process().io().Resize(FromMessage(request.resize()));
      } else if (client.attached) {
        container_->io().Resize(FromMessage(request.resize()));
      }
      return;
    case Kind::kDelete:
      return BeginDelete(client, sequence);
    case Kind::kStart:
      return Answer(client, sequence,
                    absl::FailedPreconditionError("it was started already"));
    case Kind::KIND_NOT_SET:
      return Answer(
          client, sequence,
          absl::UnimplementedError("this shim is too old for the request"));
  }
}

void Shim::Answer(ShimClient& client, uint64_t sequence,
                  const absl::Status& status) {
  shim::v1::Event event;
  *event.mutable_response() = ToResponse(sequence, status);
  client.Send(event);
}

absl::Status Shim::Signal(int number) {
  Reap();
  if (container_->has_exited()) {
    return absl::FailedPreconditionError("the container has ended");
  }
  // Until it is reaped, which is done here alone, its pid is nobody else's.
  if (::kill(container_->pid(), number) != 0) {
    return absl::ErrnoToStatus(errno, "kill");
  }
  return absl::OkStatus();
}

void Shim::Attach(ShimClient& client, const shim::v1::Request& request) {
  client.attached = true;
  client.primary = request.attach().primary();
  client.stdin = request.attach().stdin();
  if (client.primary) awaited_by_ = nullptr;
  if (request.attach().has_terminal_size()) {
    // Another size first, so that programs draw themselves for the new client.
    const TerminalSize size = FromMessage(request.attach().terminal_size());
    TerminalSize other = size;
    if (++other.rows == 0) other.rows = 1;
    container_->io().Resize(other);
    container_->io().Resize(size);
  }
  Answer(client, request.sequence(), absl::OkStatus());
  if (container_->is_finished()) client.Send(ExitEvent());
}

absl::Status Shim::BeginExec(ShimClient& client,
                             const shim::v1::Request& request) {
  Reap();
  if (container_->has_exited() || deleting_) {
    return absl::FailedPreconditionError("the container has ended");
  }
  if (client.attached || ExecOf(client) != nullptr) {
    return absl::FailedPreconditionError("this connection is in use");
  }
  if (execs_.size() >= kMaxExecs) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the container has ", execs_.size(), " commands at work already"));
  }
  const shim::v1::Request::Exec& command = request.exec();
  const auto start = [&](const OciRuntime::Stdio& stdio) {
    if (command.seccomp_program().empty()) {
      return oci_runtime_->BeginExec(command.id(), command.process_json(),
                                     stdio);
    }
    return LaunchExec(container_->pid(),
                      ContainerCgroup(CgroupPathOf(launch_.id())),
                      command.process_json(), command.seccomp_program(), stdio);
  };
  GANTRY_ASSIGN_OR_RETURN(auto exec,
                          ShimExec::Begin(command, request.sequence(), client,
                                          ShimDir(run_dir_), start));
  execs_.push_back(std::move(exec));
  return absl::OkStatus();
}

ShimExec* Shim::ExecOf(const ShimClient& client) {
  for (const auto& exec : execs_) {
    if (exec->IsClient(client)) return exec.get();
  }
  return nullptr;
}

ProcessIo* Shim::InputOf(const ShimClient& client) {
  if (ShimExec* exec = ExecOf(client)) return &exec->process().io();
  return client.stdin ? &container_->io() : nullptr;
}

void Shim::BeginDelete(ShimClient& client, uint64_t sequence) {
  deleting_ = true;
  deleter_ = &client;
  delete_sequence_ = sequence;
  if (!container_->has_exited()) ::kill(container_->pid(), SIGKILL);
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
  if (container_->is_finished()) {
    hello.set_state(shim::v1::CONTAINER_STATE_EXITED);
    *hello.mutable_exit() = ExitEvent().exit();
  } else {
    hello.set_state(shim::v1::CONTAINER_STATE_RUNNING);
    if (!container_->has_exited()) hello.set_pid(container_->pid());
  }
  return event;
}

shim::v1::Event Shim::ExitEvent() const {
  shim::v1::Event event;
  *event.mutable_exit() = ToMessage(container_->exit());
  event.mutable_exit()->set_oom_killed(oom_killed_);
  return event;
}

}  // namespace gantry::runtime
