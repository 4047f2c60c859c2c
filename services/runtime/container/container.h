// A container: what it is to be, what it is now, and which steps lead from one
// state to the next.
//
//          ┌─────────────────────────────┐
//          ▼                             │
//   CREATED ──▶ RUNNING ──▶ EXITED ──▶ RUNNING     any but RUNNING and PAUSED
//                │  ▲                              ──▶ REMOVING ──▶ DEAD, if
//                ▼  │                              something could not be
//                removed
//               PAUSED
//
// Threads: values; the class Container is used by one thread at a time.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_H_

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace gantry::runtime {

// A directory or a file of the host that the container sees.
struct HostMount {
  // Absolute paths, on the host and in the container.
  std::string source;
  std::string target;
  bool read_only = false;
  // Make a missing source, as a directory.
  bool create_source = false;
};

// What a container is to be; the same for its whole life.
struct ContainerOptions {
  // A name or an id of an image.
  std::string image;
  // Arguments after the entrypoint; without any, the image's.
  std::vector<std::string> command;
  // In place of the image's entrypoint, which also drops the image's command.
  // No element, or one empty element, means none at all.
  std::optional<std::vector<std::string>> entrypoint;
  // "NAME=value"; added to the image's, later ones win.
  std::vector<std::string> env;
  // Absolute; empty for the image's.
  std::string working_dir;
  // "user", "uid", "user:group", "uid:gid"; empty for the image's.
  std::string user;
  // Empty for the first twelve digits of the container's id.
  std::string hostname;
  std::map<std::string, std::string> labels;
  // "crun", "runc" or an absolute path; empty for the default.
  std::string runtime;
  // Remove the container when it has ended.
  bool auto_remove = false;
  // "none" or "host"; empty stands for "none".
  std::string network;
  // "SIGTERM", "TERM" or "15"; empty for the image's, and else SIGTERM.
  std::string stop_signal;
  // How long stop waits before it kills; none for 10 s.
  std::optional<absl::Duration> stop_timeout;
  // It has a terminal, on which standard output and standard error are one.
  bool tty = false;
  // Its standard input is kept open; without it, it is at its end.
  bool open_stdin = false;
  // Standard input ends when a client that attached it leaves.
  bool stdin_once = false;
  bool read_only_rootfs = false;
  // Process 1 passes signals on and reaps; the command is its child.
  bool init = false;
  std::vector<HostMount> mounts;
};

// Values as in the protobuf enumeration, which stay as they are: they are in
// records.
enum class ContainerState {
  kCreated = 1,
  kRunning = 2,
  kPaused = 3,
  kRestarting = 4,
  kRemoving = 5,
  kExited = 6,
  kDead = 7,
};

// "created", "running" and so on.
absl::string_view StateName(ContainerState state);

struct ContainerInfo {
  // 64 lower-case hex digits.
  std::string id;
  // Without a slash. It stays in the record after the name was given up.
  std::string name;
  ContainerOptions options;
  // "sha256:<hex>".
  std::string image_id;
  ContainerState state = ContainerState::kCreated;
  absl::Time created_at;
  // None before the first start.
  std::optional<absl::Time> started_at;
  // None before the first end.
  std::optional<absl::Time> finished_at;
  // Of the last end, or of the last start that failed.
  int exit_code = 0;
  // Process id on the host while it runs, else 0.
  pid_t pid = 0;
  // Why the last start failed, for a person; empty if it did not.
  std::string error;
  // What is executed: entrypoint and arguments, of the options or the image.
  std::vector<std::string> args;
  // Directory that holds the log.
  std::string log_path;
  // What stop sends: the options' signal, the image's or SIGTERM.
  int stop_signal = 15;
  // Whether the kernel killed a process of it because memory ran out.
  bool oom_killed = false;
};

// Its hostname: the one it was given, or the first digits of its id.
std::string HostnameOf(const ContainerInfo& info);

// Whether its network is the host's.
bool HasHostNetwork(const ContainerOptions& options);

// Whether it has processes: RUNNING, PAUSED or RESTARTING.
bool IsActive(ContainerState state);

// The state machine. Every transition either succeeds or leaves everything as
// it is.
//
// FAILED_PRECONDITION, all transitions: the state does not allow it.
class Container {
 public:
  // `info` as it was made or as the record has it.
  explicit Container(ContainerInfo info) : info_(std::move(info)) {}

  const ContainerInfo& info() const { return info_; }

  // CREATED, EXITED → RUNNING.
  absl::Status MarkRunning(pid_t pid, absl::Time now);
  // CREATED, EXITED: stays, with the reason and the exit code of the failure.
  absl::Status MarkStartFailed(int exit_code, absl::string_view error);
  // RUNNING → PAUSED, PAUSED → RUNNING.
  absl::Status MarkPaused();
  absl::Status MarkUnpaused();
  // RUNNING, PAUSED → EXITED.
  absl::Status MarkExited(int exit_code, absl::Time exited_at, bool oom_killed);
  // EXITED → RESTARTING: its restart policy will start it again.
  absl::Status MarkRestarting();
  // CREATED, EXITED, DEAD, REMOVING → REMOVING.
  absl::Status MarkRemoving();
  // REMOVING → DEAD: what it holds could not be removed. It can be removed
  // again.
  absl::Status MarkDead(absl::string_view error);

  // Whether Start has something to do: false if it runs already.
  absl::StatusOr<bool> NeedsStart() const;

 private:
  absl::Status Refuse(absl::string_view what) const;

  ContainerInfo info_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_H_
