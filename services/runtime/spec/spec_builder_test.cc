#include "services/runtime/spec/spec_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/runtime/spec/seccomp_profile.h"

namespace gantry::runtime {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

SpecInput Input() {
  SpecInput input;
  input.process.args = {"sh", "-c", "id"};
  input.process.hostname = "abc";
  input.cgroups_path = "/gantry/abc";
  return input;
}

std::vector<std::string> Strings(const Json& array) {
  std::vector<std::string> strings;
  for (const Json& element : array) strings.push_back(element);
  return strings;
}

TEST(SpecBuilderTest, SaysWhatIsExecutedAndWhere) {
  const Json spec = BuildSpec(Input());
  EXPECT_THAT(Strings(spec["process"]["args"]), ElementsAre("sh", "-c", "id"));
  EXPECT_EQ(spec["process"]["cwd"], "/");
  EXPECT_EQ(spec["root"]["path"], "rootfs");
  EXPECT_EQ(spec["hostname"], "abc");
  EXPECT_EQ(spec["linux"]["cgroupsPath"], "/gantry/abc");
  EXPECT_FALSE(spec["process"].contains("oomScoreAdj"));
  EXPECT_FALSE(spec["process"].contains("rlimits"));
}

TEST(SpecBuilderTest, RootHasDockersCapabilitiesAndNoneToInherit) {
  const Json capabilities = BuildSpec(Input())["process"]["capabilities"];
  EXPECT_EQ(capabilities["bounding"].size(), 14u);
  EXPECT_EQ(capabilities["effective"], capabilities["bounding"]);
  EXPECT_EQ(capabilities["permitted"], capabilities["bounding"]);
  EXPECT_FALSE(capabilities.contains("inheritable"));
  EXPECT_FALSE(capabilities.contains("ambient"));
}

TEST(SpecBuilderTest, OthersThanRootHaveNoCapabilities) {
  SpecInput input = Input();
  input.process.user.uid = 33;
  const Json capabilities = BuildSpec(input)["process"]["capabilities"];
  EXPECT_EQ(capabilities["bounding"].size(), 14u);
  EXPECT_TRUE(capabilities["effective"].empty());
  EXPECT_TRUE(capabilities["permitted"].empty());
}

TEST(SpecBuilderTest, HidesAndLocksWhatDockerDoes) {
  const Json spec = BuildSpec(Input());
  EXPECT_THAT(Strings(spec["linux"]["maskedPaths"]), Contains("/proc/kcore"));
  EXPECT_THAT(Strings(spec["linux"]["readonlyPaths"]), Contains("/proc/sys"));
  EXPECT_THAT(Strings(spec["linux"]["readonlyPaths"]),
              Not(Contains("/sys/fs/cgroup")));
}

TEST(SpecBuilderTest, HasACgroupNamespaceInTheUnifiedHierarchyOnly) {
  SpecInput input = Input();
  EXPECT_EQ(BuildSpec(input)["linux"]["namespaces"].size(), 6u);
  input.cgroup_version = 1;
  EXPECT_EQ(BuildSpec(input)["linux"]["namespaces"].size(), 5u);
}

TEST(SpecBuilderTest, BindsFilesOverTheImages) {
  SpecInput input = Input();
  input.files = {{"/state/hosts", "/etc/hosts"}};
  const Json last = BuildSpec(input)["mounts"].back();
  EXPECT_EQ(last["destination"], "/etc/hosts");
  EXPECT_EQ(last["source"], "/state/hosts");
}

TEST(SpecBuilderTest, WhatLiesDeeperIsMountedLaterAndTheLastOfATargetWins) {
  SpecInput input = Input();
  input.files = {{"/state/hosts", "/etc/hosts"},
                 {"/state/hostname", "/etc/hostname"},
                 {"/own/etc", "/etc", true},
                 {"/own/hosts", "/etc/hosts"},
                 {"/own/shm", "/dev/shm"}};
  std::vector<std::string> bound;
  int shm = 0;
  const Json spec = BuildSpec(input);
  for (const Json& mount : spec["mounts"]) {
    if (mount["destination"] == "/dev/shm") ++shm;
    if (mount["type"] == "bind") bound.push_back(mount["source"]);
    if (mount["source"] == "/own/etc") {
      EXPECT_THAT(Strings(mount["options"]), Contains("ro"));
    }
  }
  EXPECT_THAT(bound, ElementsAre("/own/etc", "/state/hostname", "/own/hosts",
                                 "/own/shm"));
  EXPECT_EQ(shm, 1);
}

TEST(SpecBuilderTest, TheTextIsTheSpecification) {
  SpecInput input = Input();
  input.files = {{"/state/hosts", "/etc/hosts"}};
  input.seccomp_program = "AAAA";
  const auto parsed = ParseJson(PrintSpec(input));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, BuildSpec(input));
}

TEST(SpecBuilderTest, TheHostsNetworkIsNoNamespace) {
  SpecInput input = Input();
  input.host_network = true;
  const Json spec = BuildSpec(input);
  for (const Json& space : spec["linux"]["namespaces"]) {
    EXPECT_NE(space["type"], "network");
  }
}

TEST(SpecBuilderTest, ANetworkNamespaceThatIsThereIsJoined) {
  SpecInput input = Input();
  input.netns_path = "/proc/1/fd/7";
  const Json spec = BuildSpec(input);
  int found = 0;
  for (const Json& space : spec["linux"]["namespaces"]) {
    if (space["type"] == "network" && space["path"] == "/proc/1/fd/7") ++found;
  }
  EXPECT_EQ(found, 1);
}

TEST(SpecBuilderTest, AnInitIsBoundAndExecutesTheCommand) {
  SpecInput input = Input();
  input.init_path = "/usr/bin/tini-static";
  input.read_only_rootfs = true;
  const Json spec = BuildSpec(input);
  EXPECT_THAT(Strings(spec["process"]["args"]),
              ElementsAre("/dev/init", "--", "sh", "-c", "id"));
  EXPECT_EQ(spec["mounts"].back()["source"], "/usr/bin/tini-static");
  EXPECT_TRUE(spec["root"]["readonly"]);
}

TEST(SpecBuilderTest, ATerminalHasItsSizeFromTheStart) {
  ProcessInput input;
  input.tty = true;
  input.terminal_rows = 24;
  input.terminal_columns = 80;
  const Json process = BuildProcess(input);
  EXPECT_TRUE(process["terminal"]);
  EXPECT_EQ(process["consoleSize"]["height"], 24);
  EXPECT_EQ(process["consoleSize"]["width"], 80);
}

TEST(EnvironmentTest, HasDockersOrderAndDefaults) {
  EXPECT_THAT(BuildEnvironment({"A=1"}, {"B=2"}, "host", "/root", false),
              ElementsAre("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/"
                          "bin:/sbin:/bin",
                          "HOSTNAME=host", "A=1", "B=2", "HOME=/root"));
}

TEST(EnvironmentTest, LaterOnesWinAndTheContainersOverTheImages) {
  EXPECT_THAT(BuildEnvironment({"A=1", "A=2", "HOME=/h"}, {"A=3", "PATH=/bin"},
                               "host", "/root", true),
              ElementsAre("PATH=/bin", "HOSTNAME=host", "TERM=xterm", "A=2",
                          "HOME=/h"));
}

TEST(SeccompProfileTest, AnswersClone3AsIfItWereMissing) {
  bool found = false;
  const Json profile = SeccompProfile({});
  for (const Json& rule : profile["syscalls"]) {
    if (rule["names"][0] != "clone3") continue;
    found = true;
    EXPECT_EQ(rule["action"], "SCMP_ACT_ERRNO");
    EXPECT_EQ(rule["errnoRet"], 38);
  }
  EXPECT_TRUE(found);
}

TEST(SeccompProfileTest, AllowsMountToAdministratorsOnly) {
  const auto allowed = [](const Json& profile, const std::string& name) {
    for (const Json& rule : profile["syscalls"]) {
      for (const Json& allowed_name : rule["names"]) {
        if (allowed_name == name && rule["action"] == "SCMP_ACT_ALLOW") {
          return true;
        }
      }
    }
    return false;
  };
  EXPECT_FALSE(allowed(SeccompProfile({}), "mount"));
  EXPECT_TRUE(allowed(SeccompProfile({"CAP_SYS_ADMIN"}), "mount"));
  EXPECT_TRUE(allowed(SeccompProfile({"CAP_SYS_CHROOT"}), "chroot"));
  for (const char* name : {"bpf", "kexec_load", "io_uring_setup", "keyctl",
                           "add_key", "userfaultfd", "chroot", "socketcall"}) {
    EXPECT_FALSE(allowed(SeccompProfile({}), name)) << name;
  }
}

TEST(SeccompProfileTest, NoRuleAllowsTheCryptoAndVsockFamilies) {
  const Json profile = SeccompProfile({});
  for (const uint64_t family : {38, 40}) {
    for (const Json& rule : profile["syscalls"]) {
      if (rule["names"][0] != "socket") continue;
      const Json& arg = rule["args"][0];
      const uint64_t value = arg["value"];
      const std::string op = arg["op"];
      EXPECT_FALSE(op == "SCMP_CMP_LT" && family < value);
      EXPECT_FALSE(op == "SCMP_CMP_EQ" && family == value);
      EXPECT_FALSE(op == "SCMP_CMP_GT" && family > value);
    }
  }
}

}  // namespace
}  // namespace gantry::runtime
