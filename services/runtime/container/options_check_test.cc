#include "services/runtime/container/options_check.h"

#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

ContainerOptions Busybox() {
  ContainerOptions options;
  options.image = "busybox";
  return options;
}

TEST(OptionsCheckTest, TakesDockersNames) {
  for (const char* name : {"a", "web", "web-1", "W.e_b"}) {
    EXPECT_THAT(CheckContainerName(name), IsOk()) << name;
  }
  for (const std::string& name :
       {std::string(""), std::string("-a"), std::string(".a"),
        std::string("a/b"), std::string("a b"), std::string("ä"),
        std::string(256, 'a')}) {
    EXPECT_THAT(CheckContainerName(name), StatusIs(kInvalid)) << name;
  }
}

TEST(OptionsCheckTest, TakesWhatIsThere) {
  ContainerOptions options = Busybox();
  options.env = {"A=", "B=c=d"};
  options.network = "none";
  options.stop_signal = "QUIT";
  options.stop_timeout = absl::Seconds(-1);
  EXPECT_THAT(CheckOptions(options), IsOk());
}

TEST(OptionsCheckTest, RefusesMalformedVariables) {
  for (const std::string& variable :
       {std::string("A"), std::string("=b"), std::string("A=b\0c", 5)}) {
    ContainerOptions options = Busybox();
    options.env = {variable};
    EXPECT_THAT(CheckOptions(options), StatusIs(kInvalid)) << variable;
  }
}

TEST(OptionsCheckTest, RefusesEachOtherField) {
  ContainerOptions options = Busybox();
  options.network = "bridge";
  EXPECT_THAT(CheckOptions(options), StatusIs(kInvalid));
  options = Busybox();
  options.working_dir = "relative";
  EXPECT_THAT(CheckOptions(options), StatusIs(kInvalid));
  options = Busybox();
  options.user = "4294967296";
  EXPECT_THAT(CheckOptions(options), StatusIs(kInvalid));
  options = Busybox();
  options.stop_signal = "NOSUCH";
  EXPECT_THAT(CheckOptions(options), StatusIs(kInvalid));
  options = Busybox();
  options.stop_timeout = absl::Seconds(-2);
  EXPECT_THAT(CheckOptions(options), StatusIs(kInvalid));
  options = Busybox();
  options.hostname = "a b";
  EXPECT_THAT(CheckOptions(options), StatusIs(kInvalid));
  EXPECT_THAT(CheckOptions(ContainerOptions()), StatusIs(kInvalid));
}

TEST(OptionsCheckTest, FindsARuntimeByNameAndPath) {
  const std::map<std::string, std::string> runtimes = {{"crun", "/bin/sh"},
                                                       {"gone", "/no/such"}};
  EXPECT_EQ(*FindRuntime("", runtimes, "crun"), "/bin/sh");
  EXPECT_EQ(*FindRuntime("crun", runtimes, "gone"), "/bin/sh");
  EXPECT_EQ(*FindRuntime("/bin/sh", runtimes, "crun"), "/bin/sh");
  for (const char* name : {"gone", "sh", "/bin", "/no/such"}) {
    EXPECT_THAT(FindRuntime(name, runtimes, "crun"), StatusIs(kInvalid))
        << name;
  }
}

}  // namespace
}  // namespace gantry::runtime
