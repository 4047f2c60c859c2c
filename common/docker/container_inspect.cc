#include "common/docker/container_inspect.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/docker/container_config.h"
#include "common/docker/container_state.h"
#include "common/docker/docker_time.h"

namespace gantry::docker {
namespace {

std::string StatePath(const runtime::v1::Container& container,
                      const char* name) {
  if (container.state_dir().empty()) return "";
  return absl::StrCat(container.state_dir(), "/", name);
}

Json Arguments(const runtime::v1::Container& container) {
  Json args = Json::array();
  for (int i = 1; i < container.args_size(); ++i) {
    args.push_back(container.args(i));
  }
  return args;
}

}  // namespace

Json InspectContainer(const runtime::v1::Container& container,
                      const Json& image_document, const Engine& engine) {
  const auto config = GetObject(image_document, "config");
  Json json;
  json["Id"] = container.id();
  json["Created"] = PrintTime(container.created_at());
  json["Path"] = container.args_size() > 0 ? container.args(0) : "";
  json["Args"] = Arguments(container);
  json["State"] = StateJson(container);
  json["Image"] = container.image_id();
  json["ResolvConfPath"] = StatePath(container, "resolv.conf");
  json["HostnamePath"] = StatePath(container, "hostname");
  json["HostsPath"] = StatePath(container, "hosts");
  json["LogPath"] = container.log_path();
  json["Name"] = absl::StrCat("/", container.name());
  json["RestartCount"] = 0;
  json["Driver"] = engine.storage_driver;
  json["Platform"] = "linux";
  json["MountLabel"] = "";
  json["ProcessLabel"] = "";
  json["AppArmorProfile"] = "";
  json["ExecIDs"] = Json();
  json["HostConfig"] = HostConfigJson(container.spec(), engine);
  json["GraphDriver"] = {{"Data", Json()}, {"Name", engine.storage_driver}};
  json["Mounts"] = MountsJson(container.spec());
  json["Config"] =
      ContainerConfigJson(container, config.ok() ? *config : Json());
  json["NetworkSettings"] = NetworkSettingsJson(container.spec());
  return json;
}

}  // namespace gantry::docker
