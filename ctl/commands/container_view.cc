#include "ctl/commands/container_view.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "ctl/output/human.h"

namespace gantry::ctl {
namespace {

using runtime::v1::Container;
using runtime::v1::ContainerSpec;

constexpr char kNever[] = "0001-01-01T00:00:00Z";
constexpr int kCommandWidth = 20;

std::string TimeOrNever(bool has, const google::protobuf::Timestamp& time) {
  return has ? IsoTime(ToTime(time)) : kNever;
}

Json Strings(const google::protobuf::RepeatedPtrField<std::string>& strings) {
  Json list = Json::array();
  for (const std::string& string : strings) list.push_back(string);
  return list;
}

// Sorted by key, as Go prints maps.
Json SortedLabels(const google::protobuf::Map<std::string, std::string>& map) {
  const std::map<std::string, std::string> sorted(map.begin(), map.end());
  Json object = Json::object();
  for (const auto& [key, value] : sorted) object[key] = value;
  return object;
}

std::string ShownImage(const Container& container, bool truncate) {
  const std::string& image = container.spec().image();
  if (image.empty()) return "<no image>";
  return truncate && absl::StartsWith(image, "sha256:") ? ShortId(image)
                                                        : image;
}

Json State(const Container& container) {
  using runtime::v1::ContainerState;
  const ContainerState state = container.state();
  Json json;
  json["Status"] = StateName(state);
  json["Running"] = state == runtime::v1::CONTAINER_STATE_RUNNING ||
                    state == runtime::v1::CONTAINER_STATE_PAUSED;
  json["Paused"] = state == runtime::v1::CONTAINER_STATE_PAUSED;
  json["Restarting"] = state == runtime::v1::CONTAINER_STATE_RESTARTING;
  json["OOMKilled"] = false;
  json["Dead"] = state == runtime::v1::CONTAINER_STATE_DEAD;
  json["Pid"] = container.pid();
  json["ExitCode"] = container.exit_code();
  json["Error"] = container.error();
  json["StartedAt"] =
      TimeOrNever(container.has_started_at(), container.started_at());
  json["FinishedAt"] =
      TimeOrNever(container.has_finished_at(), container.finished_at());
  return json;
}

// Member `key` of the image's "config", or `missing`.
Json FromImage(const Json& image_config, const char* key, const Json& missing) {
  if (!image_config.is_object()) return missing;
  const auto config = image_config.find("config");
  if (config == image_config.end() || !config->is_object()) return missing;
  const auto member = config->find(key);
  return member == config->end() || member->is_null() ? missing : *member;
}

// The image's variables with the container's in their place or after them.
Json MergedEnv(const Json& from_image, const ContainerSpec& spec) {
  std::vector<std::string> merged;
  const auto add = [&merged](const std::string& variable) {
    const std::string name = variable.substr(0, variable.find('=')) + "=";
    const auto same = std::find_if(merged.begin(), merged.end(),
                                   [&](const std::string& other) {
                                     return absl::StartsWith(other, name);
                                   });
    if (same == merged.end()) {
      merged.push_back(variable);
    } else {
      *same = variable;
    }
  };
  if (from_image.is_array()) {
    for (const Json& variable : from_image) {
      if (variable.is_string()) add(variable.get<std::string>());
    }
  }
  for (const std::string& variable : spec.env()) add(variable);
  return Json(merged);
}

Json Config(const Container& container, const Json& image_config) {
  const ContainerSpec& spec = container.spec();
  const auto text = [&](const std::string& own, const char* key) {
    return own.empty() ? FromImage(image_config, key, "") : Json(own);
  };
  Json labels = FromImage(image_config, "Labels", Json::object());
  if (!labels.is_object()) labels = Json::object();
  const Json own_labels = SortedLabels(spec.labels());
  for (const auto& [key, value] : own_labels.items()) labels[key] = value;

  Json json;
  json["Hostname"] =
      spec.hostname().empty() ? container.id().substr(0, 12) : spec.hostname();
  json["Domainname"] = "";
  json["User"] = text(spec.user(), "User");
  json["AttachStdin"] = false;
  json["AttachStdout"] = true;
  json["AttachStderr"] = true;
  json["Tty"] = false;
  json["OpenStdin"] = false;
  json["StdinOnce"] = false;
  json["Env"] = MergedEnv(FromImage(image_config, "Env", Json()), spec);
  if (spec.command_size() > 0) {
    json["Cmd"] = Strings(spec.command());
  } else if (spec.has_entrypoint()) {
    json["Cmd"] = Json();
  } else {
    json["Cmd"] = FromImage(image_config, "Cmd", Json());
  }
  json["Image"] = spec.image();
  json["Volumes"] = Json();
  json["WorkingDir"] = text(spec.working_dir(), "WorkingDir");
  json["Entrypoint"] = spec.has_entrypoint()
                           ? Strings(spec.entrypoint().args())
                           : FromImage(image_config, "Entrypoint", Json());
  json["OnBuild"] = Json();
  json["Labels"] = labels;
  json["StopSignal"] = text(spec.stop_signal(), "StopSignal");
  if (spec.has_stop_timeout()) {
    json["StopTimeout"] = spec.stop_timeout().seconds();
  }
  return json;
}

Json HostConfig(const ContainerSpec& spec) {
  Json json;
  json["Binds"] = Json();
  json["NetworkMode"] = spec.network().empty() ? "none" : spec.network();
  json["PortBindings"] = Json::object();
  json["RestartPolicy"] = {{"Name", "no"}, {"MaximumRetryCount", 0}};
  json["AutoRemove"] = spec.auto_remove();
  json["Privileged"] = false;
  json["ReadonlyRootfs"] = false;
  json["Runtime"] = spec.runtime();
  return json;
}

}  // namespace

absl::Time ToTime(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) +
         absl::Nanoseconds(timestamp.nanos());
}

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

std::string StatusText(const Container& container, absl::Time now) {
  const std::string up =
      absl::StrCat("Up ", HumanDuration(now - ToTime(container.started_at())));
  const std::string ended = absl::StrCat(
      "(", container.exit_code(), ") ",
      HumanDuration(now - ToTime(container.finished_at())), " ago");
  switch (container.state()) {
    case runtime::v1::CONTAINER_STATE_CREATED:
      return "Created";
    case runtime::v1::CONTAINER_STATE_RUNNING:
      return up;
    case runtime::v1::CONTAINER_STATE_PAUSED:
      return up + " (Paused)";
    case runtime::v1::CONTAINER_STATE_RESTARTING:
      return "Restarting " + ended;
    case runtime::v1::CONTAINER_STATE_REMOVING:
      return "Removal In Progress";
    case runtime::v1::CONTAINER_STATE_EXITED:
      return "Exited " + ended;
    case runtime::v1::CONTAINER_STATE_DEAD:
      return "Dead";
    default:
      return "Unknown";
  }
}

Json ContainerHeaders() {
  return {{"Command", "COMMAND"},     {"CreatedAt", "CREATED AT"},
          {"ID", "CONTAINER ID"},     {"Image", "IMAGE"},
          {"Labels", "LABELS"},       {"LocalVolumes", "LOCAL VOLUMES"},
          {"Mounts", "MOUNTS"},       {"Names", "NAMES"},
          {"Networks", "NETWORKS"},   {"Ports", "PORTS"},
          {"RunningFor", "CREATED"},  {"Size", "SIZE"},
          {"State", "STATE"},         {"Status", "STATUS"},
          {"Label()", Json::object()}};
}

Json ContainerLine(const Container& container, absl::Time now, bool truncate) {
  const std::string command =
      JoinCommand({container.args().begin(), container.args().end()});
  const absl::Time created = ToTime(container.created_at());
  const std::map<std::string, std::string> labels(
      container.spec().labels().begin(), container.spec().labels().end());
  Json line;
  line["Command"] =
      Quote(truncate ? Ellipsis(command, kCommandWidth) : command);
  line["CreatedAt"] = LongTime(created);
  line["ID"] = truncate ? ShortId(container.id()) : container.id();
  line["Image"] = ShownImage(container, truncate);
  line["Labels"] = absl::StrJoin(labels, ",", absl::PairFormatter("="));
  line["LocalVolumes"] = "0";
  line["Mounts"] = "";
  line["Names"] = container.name();
  line["Networks"] =
      container.spec().network().empty() ? "none" : container.spec().network();
  line["Ports"] = "";
  line["RunningFor"] = absl::StrCat(HumanDuration(now - created), " ago");
  line["Size"] = "0B";
  line["State"] = StateName(container.state());
  line["Status"] = StatusText(container, now);
  line["Label()"] = SortedLabels(container.spec().labels());
  return line;
}

Json InspectContainer(const Container& container, const Json& image_config) {
  Json args = Json::array();
  for (int i = 1; i < container.args_size(); ++i) {
    args.push_back(container.args(i));
  }
  Json json;
  json["Id"] = container.id();
  json["Created"] = IsoTime(ToTime(container.created_at()));
  json["Path"] = container.args_size() > 0 ? container.args(0) : "";
  json["Args"] = std::move(args);
  json["State"] = State(container);
  json["Image"] = container.image_id();
  json["LogPath"] = container.log_path();
  json["Name"] = "/" + container.name();
  json["RestartCount"] = 0;
  json["Platform"] = "linux";
  json["HostConfig"] = HostConfig(container.spec());
  json["Mounts"] = Json::array();
  json["Config"] = Config(container, image_config);
  json["NetworkSettings"] = {{"Ports", Json::object()},
                             {"Networks", Json::object()}};
  return json;
}

}  // namespace gantry::ctl
