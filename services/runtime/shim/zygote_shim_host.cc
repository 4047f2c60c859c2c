#include "services/runtime/shim/zygote_shim_host.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/fs/file.h"
#include "common/status/status_macros.h"
#include "common/sync/mutex.h"
#include "services/runtime/shim/exit_file.h"
#include "services/runtime/shim/shim_connection.h"
#include "services/runtime/shim/shim_messages.h"
#include "services/runtime/shim/shim_process_stream.h"
#include "services/runtime/shim/zygote_process.h"

namespace gantry::runtime {
namespace {

constexpr int64_t kMaxLaunchBytes = 64 << 10;
// Ended by a signal that nobody saw.
constexpr int kUnknownExitCode = 137;
// A zygote that dies may still take connections for a moment.
constexpr int kLaunchAttempts = 5;
// No start takes as long.
constexpr absl::Duration kMaxWorkFileAge = absl::Minutes(10);

class ZygoteShimHost : public ShimHost {
 public:
  explicit ZygoteShimHost(ZygoteShimHostOptions options)
      : options_(std::move(options)),
        zygote_(options_.run_dir, options_.shim_program) {}
  ~ZygoteShimHost() override;

  absl::Status Init();

  void SetExitHandler(ExitHandler handler) override;
  absl::StatusOr<pid_t> Launch(LaunchRequest request) override;
  absl::Status Signal(const std::string& id, int signal) override;
  absl::StatusOr<std::unique_ptr<ProcessStream>> Attach(
      const std::string& id, const AttachRequest& request) override;
  absl::StatusOr<std::unique_ptr<ProcessStream>> Exec(
      const std::string& id, const ExecRequest& request) override;
  absl::Status Delete(const std::string& id) override;
  absl::StatusOr<std::vector<Survivor>> Recover(
      const std::vector<std::string>& ids) override;

 private:
  // A shim that is listened to. Shared by the map and the thread that listens:
  // Delete may take it out of the map while the thread uses it.
  struct Watch {
    std::string id;
    std::unique_ptr<ShimConnection> connection;
    // Its going away is no accident.
    bool deleting = false;
  };

  absl::StatusOr<std::unique_ptr<ShimConnection>> AskZygote(
      const shim::v1::Launch& launch, int rootfs_fd);
  absl::StatusOr<std::unique_ptr<ShimConnection>> Connect(
      const std::string& id);
  absl::Status Call(const std::string& id, shim::v1::Request request);
  void StartWatch(std::shared_ptr<Watch> watch) ABSL_LOCKS_EXCLUDED(mu_);
  void RunWatch(const std::shared_ptr<Watch>& watch) ABSL_LOCKS_EXCLUDED(mu_);
  // The exit, waited for; none if there is nothing to report.
  absl::StatusOr<ExitStatus> AwaitExit(Watch& watch) ABSL_LOCKS_EXCLUDED(mu_);
  std::shared_ptr<Watch> FindWatch(const std::string& id)
      ABSL_LOCKS_EXCLUDED(mu_);

  // What is known of a container whose shim may be dead.
  shim::v1::Launch LaunchOf(const std::string& id) const;
  // Kills and removes what a dead shim has left.
  absl::Status CleanUp(const std::string& id);
  // The same; then the exit is in its file, and returned.
  absl::StatusOr<ExitStatus> CleanUpAndAccount(const std::string& id);
  absl::StatusOr<Survivor> RecoverOne(
      const std::string& id, std::vector<std::shared_ptr<Watch>>& watches);
  absl::Status RemoveOthers(const std::vector<std::string>& ids);
  // Those of commands whose shim died while it executed them.
  void RemoveOldWorkFiles(const std::vector<std::string>& names);

  const ZygoteShimHostOptions options_;
  ZygoteProcess zygote_;
  Mutex mu_;
  CondVar changed_;
  ExitHandler handler_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::shared_ptr<Watch>> watches_ ABSL_GUARDED_BY(mu_);
  int threads_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
};

ZygoteShimHost::~ZygoteShimHost() {
  MutexLock lock(mu_);
  stopping_ = true;
  for (const auto& [id, watch] : watches_) watch->connection->Shutdown();
  changed_.notify_all();
  while (threads_ > 0) changed_.wait(lock);
}

absl::Status ZygoteShimHost::Init() {
  GANTRY_RETURN_IF_ERROR(MakeDirectories(ShimDir(options_.run_dir), 0700));
  GANTRY_RETURN_IF_ERROR(MakeDirectories(OciStateDir(options_.run_dir), 0700));
  // Now, so that a program that is missing is found out at once.
  return zygote_.Connect().status();
}

void ZygoteShimHost::SetExitHandler(ExitHandler handler) {
  MutexLock lock(mu_);
  handler_ = std::move(handler);
}

absl::StatusOr<pid_t> ZygoteShimHost::Launch(LaunchRequest request) {
  if (!IsContainerId(request.id)) {
    return absl::InvalidArgumentError(
        absl::StrCat("not a container's id: ", request.id));
  }
  shim::v1::Launch launch;
  launch.set_id(request.id);
  launch.set_bundle_dir(request.bundle_dir);
  launch.set_runtime_path(request.runtime_path);
  launch.set_log_dir(request.log_dir);
  launch.set_exit_file(request.exit_file);
  launch.set_max_log_file_bytes(request.log.max_file_bytes);
  launch.set_max_log_files(request.log.max_files);
  launch.set_terminal(request.terminal);
  *launch.mutable_terminal_size() = ToMessage(request.terminal_size);
  launch.set_open_stdin(request.open_stdin);
  launch.set_stdin_once(request.stdin_once);
  launch.set_await_primary(request.await_primary);
  absl::StatusOr<std::unique_ptr<ShimConnection>> connection =
      AskZygote(launch, request.rootfs.get());
  if (absl::IsUnavailable(connection.status())) {
    // The shim died; nothing may be left.
    CleanUp(request.id).IgnoreError();
  }
  GANTRY_RETURN_IF_ERROR(connection.status());
  const pid_t pid = (*connection)->hello().pid();
  auto watch = std::make_shared<Watch>();
  watch->id = request.id;
  watch->connection = *std::move(connection);
  StartWatch(std::move(watch));
  return pid;
}

absl::Status ZygoteShimHost::Signal(const std::string& id, int signal) {
  shim::v1::Request request;
  request.mutable_signal()->set_number(signal);
  return Call(id, std::move(request));
}

absl::StatusOr<std::unique_ptr<ProcessStream>> ZygoteShimHost::Attach(
    const std::string& id, const AttachRequest& request) {
  GANTRY_ASSIGN_OR_RETURN(auto connection, Connect(id));
  shim::v1::Request message;
  shim::v1::Request::Attach& attach = *message.mutable_attach();
  attach.set_primary(request.primary);
  attach.set_stdin(request.stdin);
  if (request.terminal_size.rows > 0) {
    *attach.mutable_terminal_size() = ToMessage(request.terminal_size);
  }
  GANTRY_RETURN_IF_ERROR(connection->Call(std::move(message)));
  return std::make_unique<ShimProcessStream>(std::move(connection));
}

absl::StatusOr<std::unique_ptr<ProcessStream>> ZygoteShimHost::Exec(
    const std::string& id, const ExecRequest& request) {
  GANTRY_ASSIGN_OR_RETURN(auto connection, Connect(id));
  shim::v1::Request message;
  shim::v1::Request::Exec& exec = *message.mutable_exec();
  exec.set_id(request.exec_id);
  exec.set_process_json(request.process_json);
  exec.set_terminal(request.terminal);
  exec.set_stdin(request.stdin);
  exec.set_attach(request.attach);
  exec.set_seccomp_program(request.seccomp_program);
  *exec.mutable_terminal_size() = ToMessage(request.terminal_size);
  GANTRY_RETURN_IF_ERROR(connection->Call(std::move(message)));
  if (!request.attach) return nullptr;
  return std::make_unique<ShimProcessStream>(std::move(connection));
}

absl::Status ZygoteShimHost::Delete(const std::string& id) {
  if (!IsContainerId(id)) {
    return absl::InvalidArgumentError(
        absl::StrCat("not a container's id: ", id));
  }
  if (const std::shared_ptr<Watch> watch = FindWatch(id)) {
    MutexLock lock(mu_);
    watch->deleting = true;
  }
  shim::v1::Request request;
  request.mutable_delete_();
  const absl::Status status = Call(id, std::move(request));
  if (!absl::IsNotFound(status) && !absl::IsUnavailable(status)) return status;
  const std::string oci_state =
      absl::StrCat(OciStateDir(options_.run_dir), "/", id);
  if (::access(LaunchRecordPath(options_.run_dir, id).c_str(), F_OK) != 0 &&
      ::access(oci_state.c_str(), F_OK) != 0) {
    return absl::OkStatus();
  }
  return CleanUp(id);
}

absl::StatusOr<std::unique_ptr<ShimConnection>> ZygoteShimHost::AskZygote(
    const shim::v1::Launch& launch, int rootfs_fd) {
  for (int attempt = 0; attempt < kLaunchAttempts; ++attempt) {
    GANTRY_ASSIGN_OR_RETURN(UniqueFd socket, zygote_.Connect());
    absl::StatusOr<std::unique_ptr<ShimConnection>> connection =
        ShimConnection::Launch(std::move(socket), launch, rootfs_fd);
    if (!absl::IsAborted(connection.status())) return connection;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return absl::UnavailableError("the zygote dies again and again");
}

absl::StatusOr<std::unique_ptr<ShimConnection>> ZygoteShimHost::Connect(
    const std::string& id) {
  if (!IsContainerId(id)) {
    return absl::InvalidArgumentError(
        absl::StrCat("not a container's id: ", id));
  }
  return ShimConnection::Connect(ShimSocketPath(options_.run_dir, id));
}

absl::Status ZygoteShimHost::Call(const std::string& id,
                                  shim::v1::Request request) {
  GANTRY_ASSIGN_OR_RETURN(const auto connection, Connect(id));
  return connection->Call(std::move(request));
}

std::shared_ptr<ZygoteShimHost::Watch> ZygoteShimHost::FindWatch(
    const std::string& id) {
  MutexLock lock(mu_);
  const auto found = watches_.find(id);
  return found == watches_.end() ? nullptr : found->second;
}

void ZygoteShimHost::StartWatch(std::shared_ptr<Watch> watch) {
  {
    MutexLock lock(mu_);
    watches_[watch->id] = watch;
    ++threads_;
  }
  std::thread([this, watch = std::move(watch)] {
    RunWatch(watch);
    MutexLock lock(mu_);
    --threads_;
    changed_.notify_all();
  }).detach();
}

void ZygoteShimHost::RunWatch(const std::shared_ptr<Watch>& watch) {
  const absl::StatusOr<ExitStatus> exit = AwaitExit(*watch);
  ExitHandler handler;
  {
    MutexLock lock(mu_);
    if (exit.ok() && !stopping_) handler = handler_;
  }
  if (handler) handler(watch->id, *exit);
  MutexLock lock(mu_);
  const auto found = watches_.find(watch->id);
  if (found != watches_.end() && found->second == watch) watches_.erase(found);
}

absl::StatusOr<ExitStatus> ZygoteShimHost::AwaitExit(Watch& watch) {
  while (true) {
    const absl::StatusOr<shim::v1::Event> event = watch.connection->ReadEvent();
    if (event.ok() && event->has_exit()) return FromMessage(event->exit());
    if (event.ok()) continue;
    {
      MutexLock lock(mu_);
      if (stopping_ || watch.deleting) return event.status();
    }
    // The shim has died.
    return CleanUpAndAccount(watch.id);
  }
}

shim::v1::Launch ZygoteShimHost::LaunchOf(const std::string& id) const {
  shim::v1::Launch launch;
  const absl::StatusOr<std::string> record =
      ReadFile(LaunchRecordPath(options_.run_dir, id), kMaxLaunchBytes);
  if (!record.ok() || !launch.ParseFromString(*record) || launch.id() != id) {
    launch.Clear();
    launch.set_id(id);
    launch.set_runtime_path(options_.runtime_path);
    launch.set_exit_file(
        absl::StrCat(options_.containers_dir, "/", id, "/exit"));
  }
  return launch;
}

absl::Status ZygoteShimHost::CleanUp(const std::string& id) {
  shim::v1::Launch launch = LaunchOf(id);
  launch.set_clean_up(true);
  return AskZygote(launch, -1).status();
}

absl::StatusOr<ExitStatus> ZygoteShimHost::CleanUpAndAccount(
    const std::string& id) {
  const std::string exit_file = LaunchOf(id).exit_file();
  // What cannot be cleaned up now is cleaned up by Delete.
  CleanUp(id).IgnoreError();
  if (absl::StatusOr<ExitStatus> exit = ReadExitFile(exit_file); exit.ok()) {
    return exit;
  }
  const ExitStatus exit = {kUnknownExitCode, absl::Now(), false};
  WriteExitFile(exit_file, exit).IgnoreError();
  return exit;
}

absl::StatusOr<std::vector<Survivor>> ZygoteShimHost::Recover(
    const std::vector<std::string>& ids) {
  std::vector<Survivor> survivors;
  std::vector<std::shared_ptr<Watch>> watches;
  for (const std::string& id : ids) {
    GANTRY_ASSIGN_OR_RETURN(Survivor survivor, RecoverOne(id, watches));
    survivors.push_back(std::move(survivor));
  }
  GANTRY_RETURN_IF_ERROR(RemoveOthers(ids));
  // Only now, so that no exit is reported of one that is yet to be recovered.
  for (std::shared_ptr<Watch>& watch : watches) StartWatch(std::move(watch));
  return survivors;
}

absl::StatusOr<Survivor> ZygoteShimHost::RecoverOne(
    const std::string& id, std::vector<std::shared_ptr<Watch>>& watches) {
  Survivor survivor;
  survivor.id = id;
  absl::StatusOr<std::unique_ptr<ShimConnection>> connection = Connect(id);
  if (absl::IsNotFound(connection.status())) {
    GANTRY_ASSIGN_OR_RETURN(survivor.exit, CleanUpAndAccount(id));
    return survivor;
  }
  GANTRY_RETURN_IF_ERROR(connection.status());
  const shim::v1::Hello& hello = (*connection)->hello();
  survivor.pid = hello.pid();
  if (hello.state() != shim::v1::CONTAINER_STATE_RUNNING) {
    survivor.pid = 0;
    survivor.exit = FromMessage(hello.exit());
    if (hello.state() != shim::v1::CONTAINER_STATE_EXITED) {
      // One of the first version, whose command was never started.
      survivor.exit = {kUnknownExitCode, absl::Now(), false};
    }
    return survivor;
  }
  survivor.state = Survivor::State::kRunning;
  auto watch = std::make_shared<Watch>();
  watch->id = id;
  watch->connection = *std::move(connection);
  watches.push_back(std::move(watch));
  return survivor;
}

absl::Status ZygoteShimHost::RemoveOthers(const std::vector<std::string>& ids) {
  const std::set<std::string> known(ids.begin(), ids.end());
  GANTRY_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                          ListDirectory(ShimDir(options_.run_dir)));
  for (absl::string_view name : names) {
    if (!absl::ConsumeSuffix(&name, ".launch")) continue;
    const std::string id(name);
    // One that cannot be removed now is tried again at the next start.
    if (known.count(id) == 0) Delete(id).IgnoreError();
  }
  RemoveOldWorkFiles(names);
  return absl::OkStatus();
}

void ZygoteShimHost::RemoveOldWorkFiles(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::string path = absl::StrCat(ShimDir(options_.run_dir), "/", name);
    struct stat info = {};
    if (absl::EndsWith(name, ".launch") || absl::EndsWith(name, ".sock") ||
        ::stat(path.c_str(), &info) != 0 ||
        absl::Now() - absl::TimeFromTimespec(info.st_mtim) < kMaxWorkFileAge) {
      continue;
    }
    ::unlink(path.c_str());
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<ShimHost>> NewZygoteShimHost(
    ZygoteShimHostOptions options) {
  if (!absl::StartsWith(options.run_dir, "/")) {
    return absl::InvalidArgumentError(
        absl::StrCat("the run directory must be absolute: ", options.run_dir));
  }
  auto host = std::make_unique<ZygoteShimHost>(std::move(options));
  GANTRY_RETURN_IF_ERROR(host->Init());
  return host;
}

}  // namespace gantry::runtime
