#include "services/runtime/container/container.h"

#include "absl/strings/str_cat.h"
#include "common/status/error.h"

namespace gantry::runtime {

absl::string_view StateName(ContainerState state) {
  switch (state) {
    case ContainerState::kCreated:
      return "created";
    case ContainerState::kRunning:
      return "running";
    case ContainerState::kPaused:
      return "paused";
    case ContainerState::kRestarting:
      return "restarting";
    case ContainerState::kRemoving:
      return "removing";
    case ContainerState::kExited:
      return "exited";
    case ContainerState::kDead:
      return "dead";
  }
  return "unknown";
}

std::string HostnameOf(const ContainerInfo& info) {
  return info.options.hostname.empty() ? info.id.substr(0, 12)
                                       : info.options.hostname;
}

bool HasHostNetwork(const ContainerOptions& options) {
  return options.network == "host";
}

bool IsActive(ContainerState state) {
  return state == ContainerState::kRunning ||
         state == ContainerState::kPaused ||
         state == ContainerState::kRestarting;
}

absl::Status Container::Refuse(absl::string_view what) const {
  return Error(absl::StatusCode::kFailedPrecondition, "WRONG_STATE",
               absl::StrCat("container ", info_.id, " is ",
                            StateName(info_.state), ": it cannot be ", what),
               {{"container", info_.id},
                {"state", std::string(StateName(info_.state))}});
}

absl::StatusOr<bool> Container::NeedsStart() const {
  switch (info_.state) {
    case ContainerState::kCreated:
    case ContainerState::kExited:
      return true;
    case ContainerState::kRunning:
    case ContainerState::kRestarting:
      return false;
    case ContainerState::kPaused:
      return Error(absl::StatusCode::kFailedPrecondition, "WRONG_STATE",
                   "cannot start a paused container, try unpause instead",
                   {{"container", info_.id}, {"state", "paused"}});
    case ContainerState::kRemoving:
    case ContainerState::kDead:
      return Error(absl::StatusCode::kFailedPrecondition, "WRONG_STATE",
                   "container is marked for removal and cannot be started",
                   {{"container", info_.id},
                    {"state", std::string(StateName(info_.state))}});
  }
  return Refuse("started");
}

absl::Status Container::MarkRunning(pid_t pid, absl::Time now) {
  if (info_.state != ContainerState::kCreated &&
      info_.state != ContainerState::kExited &&
      info_.state != ContainerState::kRestarting) {
    return Refuse("started");
  }
  info_.state = ContainerState::kRunning;
  info_.pid = pid;
  info_.started_at = now;
  info_.exit_code = 0;
  info_.error.clear();
  info_.oom_killed = false;
  return absl::OkStatus();
}

absl::Status Container::MarkStartFailed(int exit_code,
                                        absl::string_view error) {
  if (info_.state != ContainerState::kCreated &&
      info_.state != ContainerState::kExited) {
    return Refuse("started");
  }
  info_.exit_code = exit_code;
  info_.error = std::string(error);
  return absl::OkStatus();
}

absl::Status Container::MarkPaused() {
  if (info_.state != ContainerState::kRunning) return Refuse("paused");
  info_.state = ContainerState::kPaused;
  return absl::OkStatus();
}

absl::Status Container::MarkUnpaused() {
  if (info_.state != ContainerState::kPaused) return Refuse("unpaused");
  info_.state = ContainerState::kRunning;
  return absl::OkStatus();
}

absl::Status Container::MarkExited(int exit_code, absl::Time exited_at,
                                   bool oom_killed) {
  if (!IsActive(info_.state)) return Refuse("ended");
  info_.state = ContainerState::kExited;
  info_.pid = 0;
  info_.exit_code = exit_code;
  info_.finished_at = exited_at;
  info_.oom_killed = oom_killed;
  return absl::OkStatus();
}

absl::Status Container::MarkRestarting() {
  if (info_.state != ContainerState::kExited) return Refuse("restarted");
  info_.state = ContainerState::kRestarting;
  return absl::OkStatus();
}

absl::Status Container::MarkRemoving() {
  if (IsActive(info_.state)) return Refuse("removed");
  info_.state = ContainerState::kRemoving;
  return absl::OkStatus();
}

absl::Status Container::MarkDead(absl::string_view error) {
  if (info_.state != ContainerState::kRemoving) return Refuse("dead");
  info_.state = ContainerState::kDead;
  info_.error = std::string(error);
  return absl::OkStatus();
}

}  // namespace gantry::runtime
