// What can be done with containers, from creation to removal: the workflow over
// records, file systems, bundles and shims.
//
//   ContainerLifecycle lifecycle(options, store, rootfs, shims);
//   GANTRY_RETURN_IF_ERROR(lifecycle.Recover());
//   GANTRY_ASSIGN_OR_RETURN(auto created, lifecycle.Create("", "", "web", o));
//   GANTRY_RETURN_IF_ERROR(lifecycle.Start("web"));
//
// `ref` is everywhere a name, an id or a unique prefix of an id:
// NOT_FOUND with reason CONTAINER_NOT_FOUND: there is none.
// INVALID_ARGUMENT with reason AMBIGUOUS_ID: several ids begin with it.
//
// Threads: every method by any thread. Steps of one container are done one
// after the other; different containers do not wait for each other, and readers
// (Get, List, Counts) wait for nobody.
// On disk: <state_dir>/containers/<id>/{log/,exit,hosts,hostname,resolv.conf}.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_LIFECYCLE_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_LIFECYCLE_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/sync/mutex.h"
#include "common/sync/worker_pool.h"
#include "services/runtime/bundle/bundle_store.h"
#include "services/runtime/container/container.h"
#include "services/runtime/container/container_creator.h"
#include "services/runtime/container/container_directory.h"
#include "services/runtime/container/container_entry.h"
#include "services/runtime/container/container_filter.h"
#include "services/runtime/container/container_index.h"
#include "services/runtime/container/container_launcher.h"
#include "services/runtime/container/container_page.h"
#include "services/runtime/container/container_store.h"
#include "services/runtime/container/rootfs_remover.h"
#include "services/runtime/container/rootfs_source.h"
#include "services/runtime/shim/shim_host.h"

namespace gantry::runtime {

struct LifecycleOptions {
  // STATE/runtime; containers/ is made in it.
  std::string state_dir;
  // RUN/internal/bundles.
  std::string bundles_dir;
  // Names that options.runtime takes, and the program of each.
  std::map<std::string, std::string> runtimes;
  std::string default_runtime;
  LogLimits log;
  // 1, or 2 for the unified hierarchy; 0 to find out.
  int cgroup_version = 0;
  // A static init program for options.init; empty if there is none.
  std::string init_path;
  // The default seccomp profile, compiled: an array of struct sock_filter.
  // Empty to leave compiling to the OCI runtimes.
  std::string seccomp_program;
  // Where network namespaces come from; null to leave making them to the OCI
  // runtimes.
  NetnsPool* netns_pool = nullptr;
};

// Of this machine: 1, or 2 if /sys/fs/cgroup is the unified hierarchy.
int HostCgroupVersion();

struct ContainerCounts {
  int running = 0;
  int paused = 0;
  // All others.
  int stopped = 0;
};

struct AttachOptions {
  // Start the container once the connection stands.
  bool start = false;
  // The client sends input.
  bool stdin = false;
  // Of the client's terminal; zeros if it has none.
  TerminalSize terminal_size;
};

struct Attachment {
  // The container's complete id.
  std::string container_id;
  std::unique_ptr<ProcessStream> stream;
};

struct ListQuery {
  // Also those that do not run.
  bool all = false;
  ContainerFilter filter;
  // Tells lists apart, so that a page token of one is refused in another.
  std::string list_name;
};

struct LogSource {
  std::string log_dir;
  // Whether nothing will be written any more. Outlives the call, not the
  // lifecycle.
  std::function<bool()> writer_done;
};

class ContainerLifecycle {
 public:
  // Borrows all three, which must outlive it.
  ContainerLifecycle(LifecycleOptions options, ContainerStore& store,
                     RootfsSource& rootfs, ShimHost& shims);
  // Waits for clean-up that is under way.
  ~ContainerLifecycle();

  // Brings records and reality together after a start of the service: what
  // ended meanwhile is EXITED, what was half made or half removed is gone.
  // Call it once, before anything else. The image service need not run: a
  // thread calls SyncRootfs until that succeeds.
  absl::Status Recover();

  // Tells the image service which containers there are, as must be done after
  // each start of either service.
  //
  // UNAVAILABLE: it does not answer.
  absl::Status SyncRootfs();

  // Makes a container: name, file system, record. `request_id` may be empty;
  // `request_fingerprint` is a digest of the request. An empty `name` is made
  // up.
  //
  // INVALID_ARGUMENT: a malformed name, variable, directory, user or signal, an
  // unknown runtime or network.
  // NOT_FOUND: reason IMAGE_NOT_FOUND or USER_NOT_FOUND.
  // ALREADY_EXISTS: reason NAME_TAKEN or REQUEST_ID_REUSED.
  absl::StatusOr<Created> Create(const std::string& request_id,
                                 const std::string& request_fingerprint,
                                 const std::string& name,
                                 const ContainerOptions& options);

  // Starts a created or exited container. One that runs is no error.
  //
  // FAILED_PRECONDITION: it is being removed; or reason COMMAND_NOT_FOUND (exit
  // code 127) or COMMAND_NOT_EXECUTABLE (126).
  absl::Status Start(const std::string& ref);

  // Connects to the streams; with `start` the container is started, and waits
  // for this reader. The exit comes after all output, when the record says
  // EXITED and, with auto_remove, the name is free.
  //
  // FAILED_PRECONDITION: as Start; without `start`: it does not run; with
  // `stdin`: reason STDIN_CLOSED, its standard input is not open.
  absl::StatusOr<Attachment> Attach(const std::string& ref,
                                    const AttachOptions& options);

  // Executes a command in a running container.
  //
  // FAILED_PRECONDITION: reason NOT_RUNNING, COMMAND_NOT_FOUND or
  // COMMAND_NOT_EXECUTABLE. INVALID_ARGUMENT: names what is malformed.
  // NOT_FOUND: reason USER_NOT_FOUND.
  absl::StatusOr<StartedExec> Exec(const std::string& ref,
                                   const ExecOptions& options);

  // Sends the stop signal and, after the timeout, SIGKILL; returns when the
  // container has ended. None: the container's own; -1 s: without end; 0: kills
  // at once. `cancelled`, if there is one, is asked while it waits.
  //
  // INVALID_ARGUMENT: an unknown signal, a timeout below zero but -1 s.
  // CANCELLED: `cancelled` said so; the signal was sent.
  absl::Status Stop(const std::string& ref,
                    std::optional<absl::Duration> timeout,
                    const std::optional<std::string>& signal,
                    const std::function<bool()>& cancelled = nullptr);

  // Sends a signal, SIGKILL if it is empty.
  //
  // INVALID_ARGUMENT: an unknown signal.
  // FAILED_PRECONDITION: reason NOT_RUNNING.
  absl::Status Kill(const std::string& ref, const std::string& signal);

  // The exit code, when the container does not run. `cancelled` is asked ten
  // times a second.
  //
  // CANCELLED: `cancelled` said so.
  absl::StatusOr<int> Wait(const std::string& ref,
                           const std::function<bool()>& cancelled);

  // Removes it with its file system and its log; the name is free when this
  // returns.
  //
  // FAILED_PRECONDITION: it runs, without `force` (reason CONTAINER_RUNNING).
  absl::Status Remove(const std::string& ref, bool force);

  absl::StatusOr<ContainerInfo> Get(const std::string& ref);

  // Newest first. 0 stands for 100, at most 1,000 are returned.
  //
  // INVALID_ARGUMENT: a negative size or a strange token.
  absl::StatusOr<ContainerPage> List(const ListQuery& query, int page_size,
                                     const std::string& page_token);

  ContainerCounts Counts();

  absl::StatusOr<LogSource> Logs(const std::string& ref);

 private:
  using EntryPtr = ContainerIndex::EntryPtr;

  // These with the entry's step lock held.
  absl::StatusOr<std::unique_ptr<ProcessStream>> StartStep(
      ContainerEntry& entry, const LaunchOptions& options);
  absl::Status RecordStartFailure(ContainerEntry& entry,
                                  StoredContainer container,
                                  const absl::Status& failure);
  absl::Status RemoveStep(const EntryPtr& entry);
  // Of a start that failed: removes the container if that is wished.
  void RemoveIfFailed(const EntryPtr& entry, const absl::Status& started);

  // The name is free and the container out of sight when this returns; the rest
  // is done by a worker.
  void Vanish(const EntryPtr& entry, StoredContainer container);
  // Removes all that is left of a container that vanished.
  void FinishRemoval(const StoredContainer& container);
  // Removes what an ended run left, unless the container was started again.
  void CleanUpRun(const EntryPtr& entry);

  void OnExit(const std::string& id, const ExitStatus& exit);
  void EndRun(const std::string& id, const ExitStatus& exit);
  // Kills it and waits until it has ended.
  absl::Status KillAndWait(ContainerEntry& entry);

  // While it recovers, exits that come are kept; then they are worked off.
  void SetRecovering(bool recovering);
  void RecoverContainer(StoredContainer container, const Survivor* survivor);
  // Removes directories that no record names.
  void SweepDirectories(const std::vector<std::string>& known_ids);
  void KeepSyncing();

  const LifecycleOptions options_;
  ContainerStore& store_;
  RootfsSource& rootfs_;
  ShimHost& shims_;
  const ContainerDirectory directory_;
  BundleStore bundles_;
  ContainerIndex index_;
  RootfsRemover remover_;
  ContainerCreator creator_;
  ContainerLauncher launcher_;

  Mutex mu_;
  CondVar changed_;
  bool recovering_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::pair<std::string, ExitStatus>> early_exits_
      ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;

  std::thread syncer_;
  // Last, so that it is the first to go: its work uses all the others.
  std::unique_ptr<WorkerPool> workers_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_LIFECYCLE_H_
