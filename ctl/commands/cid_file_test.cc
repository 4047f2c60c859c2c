#include "ctl/commands/cid_file.h"

#include <gtest/gtest.h>

#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/testing/status_matchers.h"

namespace gantry::ctl {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

class CidFileTest : public ::testing::Test {
 protected:
  const TempDir directory_ = TempDir::Create().value();
  const std::string path_ = directory_.path() + "/cid";
};

TEST_F(CidFileTest, KeepsTheId) {
  {
    auto file = CidFile::Create(path_);
    ASSERT_THAT(file, IsOk());
    EXPECT_THAT(file->Write("abc"), IsOk());
  }
  EXPECT_EQ(*ReadFile(path_, 100), "abc");
  EXPECT_THAT(CidFile::Create(path_),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(*ReadFile(path_, 100), "abc");
}

TEST_F(CidFileTest, IsGoneIfNothingWasWritten) {
  { ASSERT_THAT(CidFile::Create(path_), IsOk()); }
  EXPECT_THAT(ReadFile(path_, 100), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(CidFileTest, WithoutAPathNothingIsMade) {
  auto file = CidFile::Create("");
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(file->Write("abc"), IsOk());
  EXPECT_THAT(CidFile::Create(directory_.path() + "/none/cid"),
              StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace gantry::ctl
