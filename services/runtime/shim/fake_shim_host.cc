#include "services/runtime/shim/fake_shim_host.h"

#include <signal.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace gantry::runtime {

struct FakeShimHost::Container {
  Mutex mu;
  CondVar changed;
  pid_t pid = 0;
  LaunchRequest request;
  std::string input ABSL_GUARDED_BY(mu);
  std::vector<OutputEvent> output ABSL_GUARDED_BY(mu);
  std::vector<int> signals ABSL_GUARDED_BY(mu);
  std::optional<ExitStatus> exit ABSL_GUARDED_BY(mu);
};

class FakeShimHost::Stream : public ProcessStream {
 public:
  explicit Stream(std::shared_ptr<Container> container)
      : container_(std::move(container)) {
    MutexLock lock(container_->mu);
    next_ = container_->output.size();
  }

  absl::StatusOr<OutputEvent> Read() override {
    MutexLock lock(container_->mu);
    while (true) {
      if (cancelled_) return absl::CancelledError("attaching was cancelled");
      if (next_ < container_->output.size()) {
        return container_->output[next_++];
      }
      if (container_->exit.has_value()) {
        if (ended_) return absl::OutOfRangeError("the output has ended");
        ended_ = true;
        OutputEvent event;
        event.exit = container_->exit;
        return event;
      }
      container_->changed.wait(lock);
    }
  }

  absl::Status WriteInput(absl::string_view data) override {
    MutexLock lock(container_->mu);
    absl::StrAppend(&container_->input, data);
    return absl::OkStatus();
  }
  absl::Status CloseInput() override { return WriteInput("<end>"); }
  absl::Status Resize(TerminalSize size) override {
    return WriteInput(absl::StrCat("<", size.rows, "x", size.columns, ">"));
  }

  void Cancel() override {
    MutexLock lock(container_->mu);
    cancelled_ = true;
    container_->changed.notify_all();
  }

 private:
  const std::shared_ptr<Container> container_;
  size_t next_ = 0;
  bool cancelled_ = false;
  bool ended_ = false;
};

FakeShimHost::FakeShimHost() = default;
FakeShimHost::~FakeShimHost() = default;

void FakeShimHost::SetExitHandler(ExitHandler handler) {
  MutexLock lock(mu_);
  handler_ = std::move(handler);
}

absl::StatusOr<pid_t> FakeShimHost::Launch(LaunchRequest request) {
  MutexLock lock(mu_);
  if (!launch_status_.ok()) return launch_status_;
  if (containers_.count(request.id) > 0) {
    return absl::AlreadyExistsError(
        absl::StrCat("there is a shim of ", request.id));
  }
  auto container = std::make_shared<Container>();
  container->pid = ::getpid();
  containers_[request.id] = container;
  request.rootfs.reset();
  container->request = std::move(request);
  return container->pid;
}

std::shared_ptr<FakeShimHost::Container> FakeShimHost::Find(
    const std::string& id) {
  MutexLock lock(mu_);
  const auto found = containers_.find(id);
  return found == containers_.end() ? nullptr : found->second;
}

absl::Status FakeShimHost::Signal(const std::string& id, int signal) {
  const std::shared_ptr<Container> container = Find(id);
  if (container == nullptr) return absl::NotFoundError("there is no such shim");
  {
    MutexLock lock(container->mu);
    if (container->exit.has_value()) {
      return absl::FailedPreconditionError("the container has ended");
    }
    container->signals.push_back(signal);
  }
  if (signal == SIGKILL) Finish(id, 128 + SIGKILL);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<ProcessStream>> FakeShimHost::Attach(
    const std::string& id, const AttachRequest& /*request*/) {
  std::shared_ptr<Container> container = Find(id);
  if (container == nullptr) return absl::NotFoundError("there is no such shim");
  return std::make_unique<Stream>(std::move(container));
}

absl::StatusOr<std::unique_ptr<ProcessStream>> FakeShimHost::Exec(
    const std::string& id, const ExecRequest& request) {
  if (Find(id) == nullptr) return absl::NotFoundError("there is no such shim");
  {
    MutexLock lock(mu_);
    if (!exec_status_.ok()) return exec_status_;
  }
  if (!request.attach) return nullptr;
  auto process = std::make_shared<Container>();
  auto stream = std::make_unique<Stream>(process);
  MutexLock lock(process->mu);
  OutputEvent event;
  event.data = request.process_json;
  process->output.push_back(std::move(event));
  process->exit = ExitStatus{0, absl::Now(), false};
  return stream;
}

absl::Status FakeShimHost::Delete(const std::string& id) {
  Finish(id, 128 + SIGKILL);
  MutexLock lock(mu_);
  containers_.erase(id);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Survivor>> FakeShimHost::Recover(
    const std::vector<std::string>& ids) {
  std::vector<Survivor> survivors;
  for (const std::string& id : ids) {
    Survivor survivor;
    survivor.id = id;
    survivor.exit = {128 + SIGKILL, absl::Now(), false};
    if (const std::shared_ptr<Container> container = Find(id)) {
      MutexLock lock(container->mu);
      if (container->exit.has_value()) {
        survivor.exit = *container->exit;
      } else {
        survivor.state = Survivor::State::kRunning;
        survivor.pid = container->pid;
      }
    }
    survivors.push_back(std::move(survivor));
  }
  return survivors;
}

void FakeShimHost::FailLaunch(absl::Status status) {
  MutexLock lock(mu_);
  launch_status_ = std::move(status);
}

void FakeShimHost::FailExec(absl::Status status) {
  MutexLock lock(mu_);
  exec_status_ = std::move(status);
}

void FakeShimHost::WriteOutput(const std::string& id, OutputStream stream,
                               absl::string_view data) {
  const std::shared_ptr<Container> container = Find(id);
  if (container == nullptr) return;
  MutexLock lock(container->mu);
  OutputEvent event;
  event.stream = stream;
  event.data = std::string(data);
  container->output.push_back(std::move(event));
  container->changed.notify_all();
}

void FakeShimHost::Finish(const std::string& id, int exit_code,
                          bool oom_killed) {
  const std::shared_ptr<Container> container = Find(id);
  if (container == nullptr) return;
  const ExitStatus exit = {exit_code, absl::Now(), oom_killed};
  {
    MutexLock lock(container->mu);
    if (container->exit.has_value()) return;
    container->exit = exit;
    container->changed.notify_all();
  }
  ExitHandler handler;
  {
    MutexLock lock(mu_);
    handler = handler_;
  }
  if (handler) handler(id, exit);
}

std::vector<int> FakeShimHost::SignalsOf(const std::string& id) {
  const std::shared_ptr<Container> container = Find(id);
  if (container == nullptr) return {};
  MutexLock lock(container->mu);
  return container->signals;
}

std::string FakeShimHost::InputOf(const std::string& id) {
  const std::shared_ptr<Container> container = Find(id);
  if (container == nullptr) return "";
  MutexLock lock(container->mu);
  return container->input;
}

LaunchRequest FakeShimHost::LaunchOf(const std::string& id) {
  LaunchRequest copy;
  const std::shared_ptr<Container> container = Find(id);
  if (container == nullptr) return copy;
  const LaunchRequest& request = container->request;
  copy.id = request.id;
  copy.terminal = request.terminal;
  copy.terminal_size = request.terminal_size;
  copy.open_stdin = request.open_stdin;
  copy.stdin_once = request.stdin_once;
  copy.await_primary = request.await_primary;
  return copy;
}

std::vector<std::string> FakeShimHost::Ids() {
  MutexLock lock(mu_);
  std::vector<std::string> ids;
  for (const auto& [id, container] : containers_) ids.push_back(id);
  return ids;
}

}  // namespace gantry::runtime
