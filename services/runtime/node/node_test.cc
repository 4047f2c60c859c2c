#include "services/runtime/node/node.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;

TEST(NodeTest, PrettyNameIsFoundWithAndWithoutQuotes) {
  EXPECT_EQ(PrettyName("ID=x\nPRETTY_NAME=\"Some OS 12 (name)\"\n"),
            "Some OS 12 (name)");
  EXPECT_EQ(PrettyName("PRETTY_NAME=Plain"), "Plain");
  EXPECT_EQ(PrettyName(""), "Linux");
}

TEST(NodeTest, MachineIsRead) {
  const Node node = ReadNode();
  EXPECT_FALSE(node.kernel_version.empty());
  EXPECT_GT(node.cpu_count, 0);
  EXPECT_GT(node.memory_bytes, 0);
}

TEST(NodeTest, RuntimesAreFoundInTheSearchPathFirst) {
  const TempDir dir = TempDir::Create().value();
  const std::string first = dir.path() + "/first";
  const std::string second = dir.path() + "/second";
  // A folder and a file that cannot be executed are no programs.
  ASSERT_THAT(MakeDirectories(first + "/crun", 0755), IsOk());
  ASSERT_THAT(WriteFileAtomically(first + "/runc", "", 0644, false), IsOk());
  ASSERT_THAT(MakeDirectories(second, 0755), IsOk());
  for (const char* name : {"/crun", "/runc"})
    ASSERT_THAT(WriteFileAtomically(second + name, "", 0755, false), IsOk());
  const auto found =
      InstalledRuntimes(absl::StrCat("relative::", first, ":", second));
  EXPECT_EQ(found.at("crun"), second + "/crun");
  EXPECT_EQ(found.at("runc"), second + "/runc");
}

TEST(NodeTest, RuntimesOfTheDistributionNeedNoSearchPath) {
  for (const auto& [name, program] : InstalledRuntimes()) {
    EXPECT_EQ(program.front(), '/') << name;
    EXPECT_EQ(InstalledRuntimes("/nonexistent").at(name), program);
  }
}

}  // namespace
}  // namespace gantry::runtime
