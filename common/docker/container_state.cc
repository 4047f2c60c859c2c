#include "common/docker/container_state.h"

#include "common/docker/docker_time.h"

namespace gantry::docker {

std::string StateName(runtime::v1::ContainerState state) {
  switch (state) {
    case runtime::v1::CONTAINER_STATE_CREATED:
      return "created";
    case runtime::v1::CONTAINER_STATE_RUNNING:
      return "running";
    case runtime::v1::CONTAINER_STATE_PAUSED:
      return "paused";
    case runtime::v1::CONTAINER_STATE_RESTARTING:
      return "restarting";
    case runtime::v1::CONTAINER_STATE_REMOVING:
      return "removing";
    case runtime::v1::CONTAINER_STATE_EXITED:
      return "exited";
    case runtime::v1::CONTAINER_STATE_DEAD:
      return "dead";
    default:
      return "unknown";
  }
}

Json StateJson(const runtime::v1::Container& container) {
  const runtime::v1::ContainerState state = container.state();
  Json json;
  json["Status"] = StateName(state);
  json["Running"] = state == runtime::v1::CONTAINER_STATE_RUNNING ||
                    state == runtime::v1::CONTAINER_STATE_PAUSED ||
                    state == runtime::v1::CONTAINER_STATE_RESTARTING;
  json["Paused"] = state == runtime::v1::CONTAINER_STATE_PAUSED;
  json["Restarting"] = state == runtime::v1::CONTAINER_STATE_RESTARTING;
  json["OOMKilled"] = container.oom_killed();
  json["Dead"] = state == runtime::v1::CONTAINER_STATE_DEAD;
  json["Pid"] = container.pid();
  json["ExitCode"] = container.exit_code();
  json["Error"] = container.error();
  json["StartedAt"] =
      container.has_started_at() ? PrintTime(container.started_at()) : kNever;
  json["FinishedAt"] =
      container.has_finished_at() ? PrintTime(container.finished_at()) : kNever;
  return json;
}

}  // namespace gantry::docker
