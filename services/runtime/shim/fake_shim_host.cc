#include "services/runtime/shim/fake_shim_host.h"

#include <signal.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace gantry::runtime {

struct FakeShimHost::Container {
  Mutex mu;
  CondVar changed;
  pid_t pid = 0;
  bool started ABSL_GUARDED_BY(mu) = false;
  std::vector<OutputEvent> output ABSL_GUARDED_BY(mu);
  std::vector<int> signals ABSL_GUARDED_BY(mu);
  std::optional<ExitStatus> exit ABSL_GUARDED_BY(mu);
};

class FakeShimHost::Reader : public OutputReader {
 public:
  explicit Reader(std::shared_ptr<Container> container)
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

absl::StatusOr<pid_t> FakeShimHost::Create(LaunchRequest request) {
  MutexLock lock(mu_);
  if (!create_status_.ok()) return create_status_;
  if (containers_.count(request.id) > 0) {
    return absl::AlreadyExistsError(
        absl::StrCat("there is a shim of ", request.id));
  }
  auto container = std::make_shared<Container>();
  container->pid = next_pid_++;
  containers_[request.id] = container;
  return container->pid;
}

std::shared_ptr<FakeShimHost::Container> FakeShimHost::Find(
    const std::string& id) {
  MutexLock lock(mu_);
  const auto found = containers_.find(id);
  return found == containers_.end() ? nullptr : found->second;
}

absl::Status FakeShimHost::Start(const std::string& id) {
  const std::shared_ptr<Container> container = Find(id);
  if (container == nullptr) return absl::NotFoundError("there is no such shim");
  {
    MutexLock lock(mu_);
    if (!start_status_.ok()) return start_status_;
  }
  MutexLock lock(container->mu);
  container->started = true;
  return absl::OkStatus();
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

absl::StatusOr<std::unique_ptr<OutputReader>> FakeShimHost::Attach(
    const std::string& id, bool primary) {
  std::shared_ptr<Container> container = Find(id);
  if (container == nullptr) return absl::NotFoundError("there is no such shim");
  return std::make_unique<Reader>(std::move(container));
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
        survivor.state = container->started ? Survivor::State::kRunning
                                            : Survivor::State::kCreated;
        survivor.pid = container->pid;
      }
    }
    survivors.push_back(std::move(survivor));
  }
  return survivors;
}

void FakeShimHost::FailCreate(absl::Status status) {
  MutexLock lock(mu_);
  create_status_ = std::move(status);
}

void FakeShimHost::FailStart(absl::Status status) {
  MutexLock lock(mu_);
  start_status_ = std::move(status);
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
  bool started = false;
  {
    MutexLock lock(container->mu);
    if (container->exit.has_value()) return;
    container->exit = exit;
    started = container->started;
    container->changed.notify_all();
  }
  ExitHandler handler;
  {
    MutexLock lock(mu_);
    handler = handler_;
  }
  if (started && handler) handler(id, exit);
}

std::vector<int> FakeShimHost::SignalsOf(const std::string& id) {
  const std::shared_ptr<Container> container = Find(id);
  if (container == nullptr) return {};
  MutexLock lock(container->mu);
  return container->signals;
}

std::vector<std::string> FakeShimHost::Ids() {
  MutexLock lock(mu_);
  std::vector<std::string> ids;
  for (const auto& [id, container] : containers_) ids.push_back(id);
  return ids;
}

}  // namespace gantry::runtime
