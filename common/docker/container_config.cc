#include "common/docker/container_config.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"

namespace gantry::docker {
namespace {

using runtime::v1::ContainerSpec;

enum class Kind { kText, kFlag, kNumber, kStrings, kObject };

struct Key {
  const char* name;
  Kind kind;
  // Left out where it has no value.
  bool optional = false;
};

// In Docker's order.
constexpr Key kKeys[] = {
    {"Hostname", Kind::kText},
    {"Domainname", Kind::kText},
    {"User", Kind::kText},
    {"AttachStdin", Kind::kFlag},
    {"AttachStdout", Kind::kFlag},
    {"AttachStderr", Kind::kFlag},
    {"ExposedPorts", Kind::kObject, true},
    {"Tty", Kind::kFlag},
    {"OpenStdin", Kind::kFlag},
    {"StdinOnce", Kind::kFlag},
    {"Env", Kind::kStrings},
    {"Cmd", Kind::kStrings},
    {"Healthcheck", Kind::kObject, true},
    {"ArgsEscaped", Kind::kFlag, true},
    {"Image", Kind::kText},
    {"Volumes", Kind::kObject},
    {"WorkingDir", Kind::kText},
    {"Entrypoint", Kind::kStrings},
    {"NetworkDisabled", Kind::kFlag, true},
    {"MacAddress", Kind::kText, true},
    {"OnBuild", Kind::kStrings},
    {"Labels", Kind::kObject},
    {"StopSignal", Kind::kText, true},
    {"StopTimeout", Kind::kNumber, true},
    {"Shell", Kind::kStrings, true},
};

bool Fits(const Json& value, Kind kind) {
  switch (kind) {
    case Kind::kText:
      return value.is_string();
    case Kind::kFlag:
      return value.is_boolean();
    case Kind::kNumber:
      return value.is_number_integer();
    case Kind::kStrings:
      return value.is_array() &&
             std::all_of(value.begin(), value.end(), [](const Json& element) {
               return element.is_string();
             });
    case Kind::kObject:
      return value.is_object();
  }
  return false;
}

Json Empty(Kind kind) {
  if (kind == Kind::kText) return "";
  if (kind == Kind::kFlag) return false;
  return Json();
}

bool HasValue(const Json& value) {
  return !value.is_null() && value != Json("") && value != Json(false) &&
         !(value.is_structured() && value.empty());
}

// Sorted by key, as maps are.
Json Sorted(const Json& object) {
  std::map<std::string, Json> sorted;
  for (const auto& [key, value] : object.items()) sorted[key] = value;
  Json result = Json::object();
  for (const auto& [key, value] : sorted) result[key] = value;
  return result;
}

// All keys of `values` that Docker has, in its order.
Json Ordered(const Json& values) {
  Json json;
  for (const Key& key : kKeys) {
    const bool there = values.is_object() && values.contains(key.name) &&
                       Fits(values[key.name], key.kind);
    Json value = there ? values[key.name] : Empty(key.kind);
    if (key.optional && !HasValue(value)) continue;
    const bool is_map = absl::string_view(key.name) != "Healthcheck";
    if (value.is_object() && is_map) value = Sorted(value);
    json[key.name] = std::move(value);
  }
  return json;
}

Json Strings(const google::protobuf::RepeatedPtrField<std::string>& strings) {
  Json list = Json::array();
  for (const std::string& string : strings) list.push_back(string);
  return list;
}

// What a container has of its image.
Json Inherited(const Json& image_config) {
  Json values = Json::object();
  if (!image_config.is_object()) return values;
  for (const char* key :
       {"User", "ExposedPorts", "Env", "Cmd", "Healthcheck", "ArgsEscaped",
        "Volumes", "WorkingDir", "Entrypoint", "Labels", "StopSignal"}) {
    const auto found = image_config.find(key);
    if (found != image_config.end()) values[key] = *found;
  }
  return values;
}

// The container's variables, then those of the image that it does not set.
Json MergedEnv(const ContainerSpec& spec, const Json& from_image) {
  Json merged = Strings(spec.env());
  if (!from_image.is_array()) return merged;
  for (const Json& variable : from_image) {
    const std::string text = variable.get<std::string>();
    const std::string name = text.substr(0, text.find('=')) + "=";
    const bool is_set = std::any_of(spec.env().begin(), spec.env().end(),
                                    [&name](const std::string& own) {
                                      return absl::StartsWith(own, name);
                                    });
    if (!is_set) merged.push_back(text);
  }
  return merged;
}

// An entrypoint of its own drops the image's command.
void SetCommand(const ContainerSpec& spec, Json* values) {
  if (spec.command_size() > 0) {
    (*values)["Cmd"] = Strings(spec.command());
  } else if (spec.has_entrypoint()) {
    (*values)["Cmd"] = Json();
  }
  if (!spec.has_entrypoint()) return;
  const auto& args = spec.entrypoint().args();
  const bool none = args.empty() || (args.size() == 1 && args[0].empty());
  (*values)["Entrypoint"] = none ? Json() : Strings(args);
}

}  // namespace

Json ImageConfigJson(const Json& config) { return Ordered(config); }

Json ContainerConfigJson(const runtime::v1::Container& container,
                         const Json& image_config) {
  const ContainerSpec& spec = container.spec();
  Json values = Ordered(Inherited(image_config));
  const auto set = [&values](const char* key, const std::string& text) {
    if (!text.empty()) values[key] = text;
  };
  constexpr size_t kHostnameDigits = 12;
  values["Hostname"] = spec.hostname().empty()
                           ? container.id().substr(0, kHostnameDigits)
                           : spec.hostname();
  set("User", spec.user());
  // A client that attaches its input is what ends it.
  values["AttachStdin"] = spec.stdin_once();
  values["AttachStdout"] = true;
  values["AttachStderr"] = true;
  values["Tty"] = spec.tty();
  values["OpenStdin"] = spec.open_stdin();
  values["StdinOnce"] = spec.stdin_once();
  values["Env"] = MergedEnv(spec, values["Env"]);
  SetCommand(spec, &values);
  values["Image"] = spec.image();
  set("WorkingDir", spec.working_dir());
  Json labels =
      values["Labels"].is_object() ? values["Labels"] : Json::object();
  for (const auto& [key, value] : spec.labels()) labels[key] = value;
  values["Labels"] = std::move(labels);
  set("StopSignal", spec.stop_signal());
  if (spec.has_stop_timeout()) {
    values["StopTimeout"] = spec.stop_timeout().seconds();
  }
  return Ordered(values);
}

}  // namespace gantry::docker
