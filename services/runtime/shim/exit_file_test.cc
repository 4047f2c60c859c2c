#include "services/runtime/shim/exit_file.h"

#include <gtest/gtest.h>

#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

TEST(ExitFileTest, ReadsWhatWasWritten) {
  TempDir dir = TempDir::Create().value();
  const std::string path = dir.path() + "/exit";
  EXPECT_THAT(ReadExitFile(path), StatusIs(absl::StatusCode::kNotFound));
  ExitStatus exit = {137, absl::FromUnixNanos(1700000000000000007), true};
  ASSERT_THAT(WriteExitFile(path, exit), IsOk());
  EXPECT_EQ(ReadFile(path, 100).value(), "137 1700000000000000007 1\n");
  const ExitStatus read = ReadExitFile(path).value();
  EXPECT_EQ(read.exit_code, 137);
  EXPECT_EQ(read.exited_at, exit.exited_at);
  EXPECT_TRUE(read.oom_killed);
}

TEST(ExitFileTest, RefusesOtherContents) {
  TempDir dir = TempDir::Create().value();
  const std::string path = dir.path() + "/exit";
  for (const char* text : {"", "1 2\n", "a b c\n", "1 2 3 4\n"}) {
    ASSERT_THAT(WriteFileAtomically(path, text, 0600, false), IsOk());
    EXPECT_THAT(ReadExitFile(path), StatusIs(absl::StatusCode::kDataLoss))
        << text;
  }
}

}  // namespace
}  // namespace gantry::runtime
