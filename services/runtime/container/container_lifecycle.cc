#include "services/runtime/container/container_lifecycle.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <csignal>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/log/log.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/runtime/container/attachment_stream.h"
#include "services/runtime/container/options_check.h"
#include "services/runtime/container/signals.h"

namespace gantry::runtime {
namespace {

constexpr absl::Duration kDefaultStopTimeout = absl::Seconds(10);
// How long the kernel may take to end a killed container.
constexpr absl::Duration kKillTimeout = absl::Seconds(10);
constexpr int kCleanUpThreads = 4;
// Exit codes of a start that failed, as shells and Docker have them.
constexpr int kExitNotFound = 127;
constexpr int kExitNotExecutable = 126;
constexpr int kExitStartFailed = 128;

int ExitCodeOf(const absl::Status& failure) {
  const std::optional<ErrorReason> reason = ReasonOf(failure);
  if (reason.has_value() && reason->reason == "COMMAND_NOT_FOUND") {
    return kExitNotFound;
  }
  if (reason.has_value() && reason->reason == "COMMAND_NOT_EXECUTABLE") {
    return kExitNotExecutable;
  }
  return kExitStartFailed;
}

void WarnOf(absl::string_view what, const std::string& id,
            const absl::Status& status) {
  if (status.ok()) return;
  LogWarning(what, {{"container", id}, {"error", status.ToString()}});
}

absl::Status NotRunning(const std::string& id, absl::string_view message) {
  return Error(absl::StatusCode::kFailedPrecondition, "NOT_RUNNING", message,
               {{"container", id}});
}

}  // namespace

int HostCgroupVersion() {
  struct statfs info = {};
  const bool unified = ::statfs("/sys/fs/cgroup", &info) == 0 &&
                       info.f_type == CGROUP2_SUPER_MAGIC;
  return unified ? 2 : 1;
}

ContainerLifecycle::ContainerLifecycle(LifecycleOptions options,
                                       ContainerStore& store,
                                       RootfsSource& rootfs, ShimHost& shims)
    : options_(std::move(options)),
      store_(store),
      rootfs_(rootfs),
      shims_(shims),
      directory_(options_.state_dir),
      bundles_(options_.bundles_dir),
      remover_(rootfs),
      creator_({options_.runtimes, options_.default_runtime}, store, rootfs,
               remover_, directory_, index_),
      launcher_(
          {options_.runtimes, options_.default_runtime, options_.log,
           options_.cgroup_version == 0 ? HostCgroupVersion()
                                        : options_.cgroup_version,
           options_.init_path, options_.seccomp_program, options_.netns_pool},
          rootfs, shims, bundles_, directory_),
      workers_(std::make_unique<WorkerPool>(kCleanUpThreads)) {
  shims_.SetExitHandler([this](const std::string& id, const ExitStatus& exit) {
    OnExit(id, exit);
  });
}

ContainerLifecycle::~ContainerLifecycle() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (syncer_.joinable()) syncer_.join();
  shims_.SetExitHandler([](const std::string&, const ExitStatus&) {});
  workers_.reset();
}

absl::StatusOr<Created> ContainerLifecycle::Create(
    const std::string& request_id, const std::string& request_fingerprint,
    const std::string& name, const ContainerOptions& options) {
  return creator_.Create(request_id, request_fingerprint, name, options);
}

// ---- Start and attach ----

absl::Status ContainerLifecycle::RecordStartFailure(
    ContainerEntry& entry, StoredContainer container,
    const absl::Status& failure) {
  Container machine(container.info);
  GANTRY_RETURN_IF_ERROR(
      machine.MarkStartFailed(ExitCodeOf(failure), failure.message()));
  container.info = machine.info();
  container.may_have_shim = false;
  WarnOf("a failed start could not be recorded", entry.id(),
         store_.Update(container));
  entry.Publish(std::move(container));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<ProcessStream>> ContainerLifecycle::StartStep(
    ContainerEntry& entry, const LaunchOptions& options) {
  StoredContainer container = entry.Stored();
  Container machine(container.info);
  GANTRY_ASSIGN_OR_RETURN(const bool needs_start, machine.NeedsStart());
  if (!needs_start) return nullptr;
  if (container.may_have_shim) {
    GANTRY_RETURN_IF_ERROR(launcher_.CleanUp(entry.id()));
  }
  // Before there is one, so that it is found after a crash.
  container.may_have_shim = true;
  GANTRY_RETURN_IF_ERROR(store_.Update(container));
  entry.Publish(container);

  absl::StatusOr<Launched> launched = launcher_.Launch(container, options);
  if (!launched.ok()) {
    GANTRY_RETURN_IF_ERROR(
        RecordStartFailure(entry, std::move(container), launched.status()));
    return launched.status();
  }
  GANTRY_RETURN_IF_ERROR(machine.MarkRunning(launched->pid, absl::Now()));
  container.info = machine.info();
  // It runs, whatever becomes of the record: a restart finds the shim.
  WarnOf("a start could not be recorded", entry.id(), store_.Update(container));
  entry.Publish(std::move(container));
  return std::move(launched->stream);
}

void ContainerLifecycle::RemoveIfFailed(const EntryPtr& entry,
                                        const absl::Status& started) {
  if (started.ok() || !entry->Stored().info.options.auto_remove ||
      entry->Stored().may_have_shim) {
    return;
  }
  WarnOf("a container could not be removed", entry->id(), RemoveStep(entry));
}

absl::Status ContainerLifecycle::Start(const std::string& ref) {
  GANTRY_ASSIGN_OR_RETURN(const EntryPtr entry, index_.Find(ref));
  MutexLock step(entry->step_mutex());
  const absl::Status started = StartStep(*entry, LaunchOptions()).status();
  RemoveIfFailed(entry, started);
  return started;
}

absl::StatusOr<Attachment> ContainerLifecycle::Attach(
    const std::string& ref, const AttachOptions& options) {
  GANTRY_ASSIGN_OR_RETURN(const EntryPtr entry, index_.Find(ref));
  if (options.stdin && !entry->info().options.open_stdin) {
    return Error(absl::StatusCode::kFailedPrecondition, "STDIN_CLOSED",
                 absl::StrCat("the standard input of container ", entry->id(),
                              " is not open; create it with -i"),
                 {{"container", entry->id()}});
  }
  if (options.start) {
    MutexLock step(entry->step_mutex());
    const int64_t end_count = entry->end_count();
    absl::StatusOr<std::unique_ptr<ProcessStream>> stream = StartStep(
        *entry, {/*attach=*/true, options.stdin, options.terminal_size});
    RemoveIfFailed(entry, stream.status());
    GANTRY_RETURN_IF_ERROR(stream.status());
    if (*stream != nullptr) {
      return Attachment{entry->id(), std::make_unique<AttachmentStream>(
                                         entry, end_count, *std::move(stream))};
    }
  }
  const absl::Status not_running = NotRunning(
      entry->id(), absl::StrCat("container ", entry->id(),
                                " is not running: you cannot attach to a "
                                "stopped container, start it first"));
  const std::optional<int64_t> end_count = entry->CountIfActive();
  if (!end_count.has_value()) return not_running;
  AttachRequest request;
  request.stdin = options.stdin;
  request.terminal_size = options.terminal_size;
  absl::StatusOr<std::unique_ptr<ProcessStream>> stream =
      shims_.Attach(entry->id(), request);
  // It ended just now, and was cleaned up.
  if (absl::IsNotFound(stream.status())) return not_running;
  GANTRY_RETURN_IF_ERROR(stream.status());
  return Attachment{entry->id(), std::make_unique<AttachmentStream>(
                                     entry, *end_count, *std::move(stream))};
}

absl::StatusOr<StartedExec> ContainerLifecycle::Exec(
    const std::string& ref, const ExecOptions& options) {
  GANTRY_ASSIGN_OR_RETURN(const EntryPtr entry, index_.Find(ref));
  GANTRY_RETURN_IF_ERROR(CheckExecOptions(options.command, options.env,
                                          options.working_dir, options.user));
  const absl::Status not_running = NotRunning(
      entry->id(), absl::StrCat("container ", entry->id(), " is not running"));
  // Without the step lock: commands do not wait for each other, nor for a stop.
  const StoredContainer container = entry->Stored();
  if (!IsActive(container.info.state)) return not_running;
  absl::StatusOr<StartedExec> started = launcher_.Exec(container, options);
  const bool gone = absl::IsFailedPrecondition(started.status()) ||
                    absl::IsNotFound(started.status()) ||
                    absl::IsUnavailable(started.status());
  if (gone && !ReasonOf(started.status()).has_value()) return not_running;
  return started;
}

// ---- The end of a run ----

void ContainerLifecycle::OnExit(const std::string& id, const ExitStatus& exit) {
  {
    MutexLock lock(mu_);
    if (recovering_) {
      early_exits_.emplace_back(id, exit);
      return;
    }
  }
  EndRun(id, exit);
}

void ContainerLifecycle::EndRun(const std::string& id, const ExitStatus& exit) {
  const EntryPtr entry = index_.FindById(id);
  if (entry == nullptr) return;
  MutexLock step(entry->step_mutex());
  StoredContainer container = entry->Stored();
  Container machine(container.info);
  const absl::Status ended =
      machine.MarkExited(exit.exit_code, exit.exited_at, exit.oom_killed);
  if (!ended.ok()) {
    WarnOf("an exit came for a container that does not run", id, ended);
    return;
  }
  container.info = machine.info();
  if (container.info.options.auto_remove) {
    container.name_released = true;
    WarnOf("an exit could not be recorded", id,
           store_.UpdateAndReleaseName(container, /*sync=*/false));
    Vanish(entry, std::move(container));
    return;
  }
  WarnOf("an exit could not be recorded", id, store_.Update(container));
  entry->Publish(std::move(container));
  workers_->Run([this, entry] { CleanUpRun(entry); });
}

void ContainerLifecycle::CleanUpRun(const EntryPtr& entry) {
  MutexLock step(entry->step_mutex());
  StoredContainer container = entry->Stored();
  if (IsActive(container.info.state) || !container.may_have_shim ||
      container.name_released) {
    return;
  }
  const absl::Status cleaned = launcher_.CleanUp(entry->id());
  if (!cleaned.ok()) {
    WarnOf("an ended container could not be cleaned up", entry->id(), cleaned);
    return;
  }
  container.may_have_shim = false;
  WarnOf("a clean-up could not be recorded", entry->id(),
         store_.Update(container));
  entry->Publish(std::move(container));
}

// ---- Stop, kill, wait ----

absl::Status ContainerLifecycle::Stop(const std::string& ref,
                                      std::optional<absl::Duration> timeout,
                                      const std::optional<std::string>& signal,
                                      const std::function<bool()>& cancelled) {
  GANTRY_ASSIGN_OR_RETURN(const EntryPtr entry, index_.Find(ref));
  const ContainerInfo info = entry->info();
  int number = info.stop_signal;
  if (signal.has_value() && !signal->empty()) {
    GANTRY_ASSIGN_OR_RETURN(number, ParseSignal(*signal));
  }
  const absl::Duration patience =
      timeout.value_or(info.options.stop_timeout.value_or(kDefaultStopTimeout));
  const bool endless = patience == absl::Seconds(-1);
  if (patience < absl::ZeroDuration() && !endless) {
    return absl::InvalidArgumentError(
        "invalid stop timeout: below zero; -1 s waits without end");
  }
  const std::optional<int64_t> end_count = entry->CountIfActive();
  if (!end_count.has_value()) return absl::OkStatus();
  if (patience == absl::ZeroDuration()) return KillAndWait(*entry);

  const absl::Status sent = shims_.Signal(entry->id(), number);
  if (!sent.ok() && !absl::IsNotFound(sent) &&
      !absl::IsFailedPrecondition(sent)) {
    return sent;
  }
  const absl::Time deadline =
      endless ? absl::InfiniteFuture() : absl::Now() + patience;
  if (entry->WaitForEnd(*end_count, deadline, cancelled)) {
    return absl::OkStatus();
  }
  if (absl::Now() < deadline) {
    return absl::CancelledError("the caller left before the container ended");
  }
  return KillAndWait(*entry);
}

absl::Status ContainerLifecycle::KillAndWait(ContainerEntry& entry) {
  const std::optional<int64_t> end_count = entry.CountIfActive();
  if (!end_count.has_value()) return absl::OkStatus();
  const absl::Status sent = shims_.Signal(entry.id(), SIGKILL);
  if (!sent.ok() && !absl::IsNotFound(sent) &&
      !absl::IsFailedPrecondition(sent)) {
    return sent;
  }
  if (entry.WaitForEnd(*end_count, absl::Now() + kKillTimeout, nullptr)) {
    return absl::OkStatus();
  }
  return absl::DeadlineExceededError(
      absl::StrCat("container ", entry.id(), " did not end within ",
                   absl::FormatDuration(kKillTimeout), " of SIGKILL"));
}

absl::Status ContainerLifecycle::Kill(const std::string& ref,
                                      const std::string& signal) {
  GANTRY_ASSIGN_OR_RETURN(const EntryPtr entry, index_.Find(ref));
  int number = SIGKILL;
  if (!signal.empty()) {
    GANTRY_ASSIGN_OR_RETURN(number, ParseSignal(signal));
  }
  const std::string not_running =
      absl::StrCat("container ", entry->id(), " is not running");
  if (!entry->IsActive()) return NotRunning(entry->id(), not_running);
  const absl::Status sent = shims_.Signal(entry->id(), number);
  if (absl::IsNotFound(sent) || absl::IsFailedPrecondition(sent)) {
    return NotRunning(entry->id(), not_running);
  }
  return sent;
}

absl::StatusOr<int> ContainerLifecycle::Wait(
    const std::string& ref, const std::function<bool()>& cancelled) {
  GANTRY_ASSIGN_OR_RETURN(const EntryPtr entry, index_.Find(ref));
  const std::optional<int64_t> end_count = entry->CountIfActive();
  if (!end_count.has_value()) return entry->info().exit_code;
  if (!entry->WaitForEnd(*end_count, absl::InfiniteFuture(), cancelled)) {
    return absl::CancelledError("the caller left before the container ended");
  }
  return entry->last_exit_code();
}

// ---- Removal ----

absl::Status ContainerLifecycle::Remove(const std::string& ref, bool force) {
  GANTRY_ASSIGN_OR_RETURN(const EntryPtr entry, index_.Find(ref));
  while (true) {
    if (force) GANTRY_RETURN_IF_ERROR(KillAndWait(*entry));
    MutexLock step(entry->step_mutex());
    // Removed by itself or by another call meanwhile.
    if (entry->Stored().name_released) return absl::OkStatus();
    if (!entry->IsActive()) return RemoveStep(entry);
    if (!force) {
      return Error(
          absl::StatusCode::kFailedPrecondition, "CONTAINER_RUNNING",
          absl::StrCat("cannot remove container \"/", entry->info().name,
                       "\": container is ", StateName(entry->state()),
                       ": stop the container before removing or force remove"),
          {{"container", entry->id()}, {"name", entry->info().name}});
    }
    // Started again meanwhile.
  }
}

absl::Status ContainerLifecycle::RemoveStep(const EntryPtr& entry) {
  StoredContainer container = entry->Stored();
  Container machine(container.info);
  GANTRY_RETURN_IF_ERROR(machine.MarkRemoving());
  container.info = machine.info();
  container.name_released = true;
  GANTRY_RETURN_IF_ERROR(store_.UpdateAndReleaseName(container, /*sync=*/true));
  Vanish(entry, std::move(container));
  return absl::OkStatus();
}

void ContainerLifecycle::Vanish(const EntryPtr& entry,
                                StoredContainer container) {
  index_.Remove(container.info.name, entry->id());
  // Not left to the worker: the image can be removed after the answer.
  remover_.Remove(entry->id());
  entry->Publish(container);
  workers_->Run(
      [this, container = std::move(container)] { FinishRemoval(container); });
}

void ContainerLifecycle::FinishRemoval(const StoredContainer& container) {
  const std::string& id = container.info.id;
  if (container.may_have_shim) {
    const absl::Status cleaned = launcher_.CleanUp(id);
    if (!cleaned.ok()) {
      // The record stays, so that the next start of the service tries again.
      WarnOf("a removed container could not be cleaned up", id, cleaned);
      return;
    }
  }
  WarnOf("a record could not be removed", id, store_.Remove(id));
  WarnOf("a directory could not be removed", id, directory_.Remove(id));
}

// ---- Readers ----

absl::StatusOr<ContainerInfo> ContainerLifecycle::Get(const std::string& ref) {
  GANTRY_ASSIGN_OR_RETURN(const EntryPtr entry, index_.Find(ref));
  return entry->info();
}

absl::StatusOr<ContainerPage> ContainerLifecycle::List(
    const ListQuery& query, int page_size, const std::string& page_token) {
  std::vector<ContainerInfo> containers;
  for (const EntryPtr& entry : index_.All()) {
    ContainerInfo info = entry->info();
    const bool listed =
        query.all || query.filter.has_states() || IsActive(info.state);
    if (listed && query.filter.Matches(info)) {
      containers.push_back(std::move(info));
    }
  }
  return CutPage(std::move(containers), query.list_name, page_size, page_token);
}

ContainerCounts ContainerLifecycle::Counts() {
  ContainerCounts counts;
  for (const EntryPtr& entry : index_.All()) {
    const ContainerState state = entry->state();
    if (state == ContainerState::kPaused) {
      ++counts.paused;
    } else if (IsActive(state)) {
      ++counts.running;
    } else {
      ++counts.stopped;
    }
  }
  return counts;
}

absl::StatusOr<LogSource> ContainerLifecycle::Logs(const std::string& ref) {
  GANTRY_ASSIGN_OR_RETURN(const EntryPtr entry, index_.Find(ref));
  return LogSource{entry->info().log_path,
                   [entry] { return !entry->IsActive(); }};
}

// ---- After a restart of the service ----

absl::Status ContainerLifecycle::Recover() {
  GANTRY_ASSIGN_OR_RETURN(std::vector<StoredContainer> containers,
                          store_.LoadAll());
  std::vector<std::string> ids;
  std::vector<std::string> with_shim;
  for (const StoredContainer& container : containers) {
    ids.push_back(container.info.id);
    if (container.may_have_shim) with_shim.push_back(container.info.id);
  }
  for (const StoredContainer& container : containers) {
    if (container.name_released) continue;
    GANTRY_RETURN_IF_ERROR(
        index_.ReserveName(container.info.name, container.info.id));
    index_.Insert(std::make_shared<ContainerEntry>(container));
  }
  SetRecovering(true);
  GANTRY_ASSIGN_OR_RETURN(const std::vector<Survivor> found,
                          shims_.Recover(with_shim));
  std::map<std::string, Survivor> survivors;
  for (const Survivor& survivor : found) survivors[survivor.id] = survivor;
  for (StoredContainer& container : containers) {
    const auto it = survivors.find(container.info.id);
    RecoverContainer(std::move(container),
                     it == survivors.end() ? nullptr : &it->second);
  }
  SetRecovering(false);
  SweepDirectories(ids);
  WarnOf("old requests could not be removed", "",
         store_.RemoveExpiredRequests(absl::Now()));
  syncer_ = std::thread([this] { KeepSyncing(); });
  return absl::OkStatus();
}

void ContainerLifecycle::SetRecovering(bool recovering) {
  std::vector<std::pair<std::string, ExitStatus>> exits;
  {
    MutexLock lock(mu_);
    recovering_ = recovering;
    if (!recovering) exits.swap(early_exits_);
  }
  for (const auto& [id, exit] : exits) EndRun(id, exit);
}

void ContainerLifecycle::RecoverContainer(StoredContainer container,
                                          const Survivor* survivor) {
  const std::string id = container.info.id;
  if (container.name_released) {
    workers_->Run([this, container = std::move(container)] {
      remover_.Remove(container.info.id);
      FinishRemoval(container);
    });
    return;
  }
  const EntryPtr entry = index_.FindById(id);
  if (entry == nullptr) return;
  const bool runs =
      survivor != nullptr && survivor->state == Survivor::State::kRunning;
  if (runs) {
    MutexLock step(entry->step_mutex());
    StoredContainer current = entry->Stored();
    Container machine(current.info);
    if (IsActive(current.info.state)) {
      current.info.pid = survivor->pid;
    } else if (machine.MarkRunning(survivor->pid, absl::Now()).ok()) {
      // The service ended between the start and its record.
      current.info = machine.info();
    }
    WarnOf("a running container could not be recorded", id,
           store_.Update(current));
    entry->Publish(std::move(current));
    return;
  }
  if (IsActive(container.info.state)) {
    ExitStatus exit;
    exit.exit_code = 128 + SIGKILL;
    exit.exited_at = absl::Now();
    if (survivor != nullptr && survivor->state == Survivor::State::kExited) {
      exit = survivor->exit;
    }
    EndRun(id, exit);
    return;
  }
  if (container.may_have_shim) {
    workers_->Run([this, entry] { CleanUpRun(entry); });
  }
}

void ContainerLifecycle::SweepDirectories(
    const std::vector<std::string>& known_ids) {
  const std::set<std::string> known(known_ids.begin(), known_ids.end());
  for (const std::string& id :
       directory_.List().value_or(std::vector<std::string>())) {
    if (known.count(id) != 0) continue;
    WarnOf("a directory could not be removed", id, directory_.Remove(id));
  }
  for (const std::string& id :
       bundles_.List().value_or(std::vector<std::string>())) {
    if (known.count(id) != 0) continue;
    WarnOf("a bundle could not be removed", id, bundles_.Remove(id));
  }
}

absl::Status ContainerLifecycle::SyncRootfs() {
  return rootfs_.Sync(index_.Ids());
}

void ContainerLifecycle::KeepSyncing() {
  constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
  constexpr absl::Duration kLongestPause = absl::Seconds(5);
  for (absl::Duration pause = kFirstPause;;
       pause = std::min(pause * 2, kLongestPause)) {
    if (SyncRootfs().ok()) return;
    MutexLock lock(mu_);
    const absl::Time until = absl::Now() + pause;
    while (!stopping_ && absl::Now() < until) {
      changed_.wait_for(lock, absl::ToChronoNanoseconds(until - absl::Now()));
    }
    if (stopping_) return;
  }
}

}  // namespace gantry::runtime
