#include "common/docker/container_inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gantry::docker {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Keys(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

runtime::v1::Container Container() {
  runtime::v1::Container container;
  container.set_id(std::string(64, 'a'));
  container.set_name("web");
  container.set_image_id("sha256:12");
  container.set_state(runtime::v1::CONTAINER_STATE_EXITED);
  container.set_exit_code(3);
  container.mutable_created_at()->set_seconds(1);
  container.mutable_created_at()->set_nanos(500000000);
  container.mutable_started_at()->set_seconds(2);
  container.add_args("sh");
  container.add_args("-c");
  container.mutable_spec()->set_image("busybox");
  return container;
}

Json Document() {
  return ParseJson(R"json({"config": {
      "Env": ["PATH=/bin", "LANG=C"], "Cmd": ["sh"], "WorkingDir": "/srv",
      "Entrypoint": ["tini"], "Labels": {"b": "image", "a": "image"},
      "StopSignal": "SIGINT", "ExposedPorts": {"80/tcp": {}},
      "User": 5, "Unknown": true, "OnBuild": ["RUN x"], "Tty": true}})json")
      .value();
}

Json Inspect(const runtime::v1::Container& container) {
  return InspectContainer(container, Document(), {"overlay", "crun", "cri", 2});
}

TEST(ContainerInspectTest, KeysAreDockersInItsOrder) {
  const Json json = Inspect(Container());
  EXPECT_THAT(
      Keys(json),
      ElementsAre("Id", "Created", "Path", "Args", "State", "Image",
                  "ResolvConfPath", "HostnamePath", "HostsPath", "LogPath",
                  "Name", "RestartCount", "Driver", "Platform", "MountLabel",
                  "ProcessLabel", "AppArmorProfile", "ExecIDs", "HostConfig",
                  "GraphDriver", "Mounts", "Config", "NetworkSettings"));
  EXPECT_EQ(json["Created"], "1970-01-01T00:00:01.5Z");
  EXPECT_EQ(json["Name"], "/web");
  EXPECT_EQ(json["Args"], Json::array({"-c"}));
  EXPECT_EQ(json["ResolvConfPath"], "");
}

TEST(ContainerInspectTest, TheStateIsToldInDockersWords) {
  runtime::v1::Container container = Container();
  const Json exited = Inspect(container)["State"];
  EXPECT_EQ(exited["Status"], "exited");
  EXPECT_EQ(exited["ExitCode"], 3);
  EXPECT_EQ(exited["StartedAt"], "1970-01-01T00:00:02Z");
  EXPECT_EQ(exited["FinishedAt"], "0001-01-01T00:00:00Z");
  container.set_state(runtime::v1::CONTAINER_STATE_PAUSED);
  container.set_oom_killed(true);
  const Json paused = Inspect(container)["State"];
  EXPECT_EQ(paused["Running"], true);
  EXPECT_EQ(paused["Paused"], true);
  EXPECT_EQ(paused["OOMKilled"], true);
}

TEST(ContainerInspectTest, WhatTheContainerDoesNotSetIsTheImages) {
  const Json config = Inspect(Container())["Config"];
  EXPECT_THAT(Keys(config),
              ElementsAre("Hostname", "Domainname", "User", "AttachStdin",
                          "AttachStdout", "AttachStderr", "ExposedPorts", "Tty",
                          "OpenStdin", "StdinOnce", "Env", "Cmd", "Image",
                          "Volumes", "WorkingDir", "Entrypoint", "OnBuild",
                          "Labels", "StopSignal"));
  EXPECT_EQ(config["Hostname"], "aaaaaaaaaaaa");
  EXPECT_EQ(config["User"], "");
  EXPECT_EQ(config["Env"], Json::array({"PATH=/bin", "LANG=C"}));
  EXPECT_EQ(config["Cmd"], Json::array({"sh"}));
  EXPECT_EQ(config["Entrypoint"], Json::array({"tini"}));
  EXPECT_EQ(config["WorkingDir"], "/srv");
  EXPECT_EQ(config["OnBuild"], Json());
  EXPECT_EQ(config["Tty"], false);
  EXPECT_THAT(Keys(config["Labels"]), ElementsAre("a", "b"));
}

TEST(ContainerInspectTest, WhatTheContainerSetsGoesBeforeTheImages) {
  runtime::v1::Container container = Container();
  runtime::v1::ContainerSpec& spec = *container.mutable_spec();
  spec.add_env("LANG=de");
  spec.add_env("A=1");
  spec.mutable_entrypoint()->add_args("env");
  spec.set_user("1000");
  spec.set_tty(true);
  spec.set_open_stdin(true);
  spec.set_stdin_once(true);
  spec.mutable_stop_timeout()->set_seconds(7);
  (*spec.mutable_labels())["b"] = "own";
  const Json config = Inspect(container)["Config"];
  EXPECT_EQ(config["Env"], Json::array({"LANG=de", "A=1", "PATH=/bin"}));
  EXPECT_EQ(config["Cmd"], Json());
  EXPECT_EQ(config["Entrypoint"], Json::array({"env"}));
  EXPECT_EQ(config["User"], "1000");
  EXPECT_EQ(config["Tty"], true);
  EXPECT_EQ(config["AttachStdin"], true);
  EXPECT_EQ(config["StopTimeout"], 7);
  EXPECT_EQ(config["Labels"]["b"], "own");
}

TEST(ContainerInspectTest, AnEmptyEntrypointIsNone) {
  runtime::v1::Container container = Container();
  container.mutable_spec()->mutable_entrypoint()->add_args("");
  const Json config = Inspect(container)["Config"];
  EXPECT_EQ(config["Entrypoint"], Json());
  EXPECT_EQ(config["Cmd"], Json());
}

TEST(ContainerInspectTest, TheHostsPartHasOurValues) {
  runtime::v1::Container container = Container();
  runtime::v1::ContainerSpec& spec = *container.mutable_spec();
  runtime::v1::Mount* mount = spec.add_mounts();
  mount->set_source("/srv");
  mount->set_target("/data");
  mount->set_read_only(true);
  spec.set_network("host");
  spec.set_read_only_rootfs(true);
  spec.set_init(true);
  container.set_state_dir("/state/1");
  const Json json = Inspect(container);
  const Json& host = json["HostConfig"];
  EXPECT_EQ(host["Binds"], Json::array({"/srv:/data:ro"}));
  EXPECT_EQ(host["NetworkMode"], "host");
  EXPECT_EQ(host["ReadonlyRootfs"], true);
  EXPECT_EQ(host["Init"], true);
  EXPECT_EQ(host["Runtime"], "crun");
  EXPECT_EQ(host["CgroupnsMode"], "private");
  EXPECT_EQ(json["Mounts"][0]["Destination"], "/data");
  EXPECT_EQ(json["Mounts"][0]["RW"], false);
  EXPECT_EQ(json["HostsPath"], "/state/1/hosts");
  EXPECT_THAT(Keys(json["NetworkSettings"]["Networks"]), ElementsAre("host"));
}

TEST(ContainerInspectTest, AnImageThatIsGoneLeavesTheContainersOwn) {
  const Json json = InspectContainer(Container(), Json(), {});
  EXPECT_EQ(json["Config"]["Cmd"], Json());
  EXPECT_EQ(json["Config"]["Labels"], Json::object());
}

}  // namespace
}  // namespace gantry::docker
