#include "services/runtime/spec/working_dir.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

TEST(CleanWorkingDirTest, CleansThePath) {
  EXPECT_EQ(*CleanWorkingDir(""), "/");
  EXPECT_EQ(*CleanWorkingDir("/"), "/");
  EXPECT_EQ(*CleanWorkingDir("//srv/./x/../app/"), "/srv/app");
  EXPECT_EQ(*CleanWorkingDir("/../../etc"), "/etc");
}

TEST(CleanWorkingDirTest, RefusesARelativePath) {
  EXPECT_THAT(CleanWorkingDir("srv"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(CleanWorkingDirTest, RefusesDirectoriesOfProcesses) {
  for (const char* path : {"/proc/self/fd/7", "/proc/1/cwd", "/x/../proc/self",
                           "/proc/thread-self/fd/3"}) {
    EXPECT_THAT(CleanWorkingDir(path),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << path;
  }
  EXPECT_THAT(CleanWorkingDir("/proc"), IsOk());
}

class MakeWorkingDirTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const {
    return root_dir_.path() + name;
  }

  TempDir root_dir_ = TempDir::Create().value();
  UniqueFd root_ = OpenDirectory(root_dir_.path()).value();
};

TEST_F(MakeWorkingDirTest, MakesTheWholePath) {
  ASSERT_THAT(MakeWorkingDir(root_.get(), "/srv/app/data"), IsOk());
  struct stat info = {};
  ASSERT_EQ(::stat(Path("/srv/app/data").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0755u);
  EXPECT_THAT(MakeWorkingDir(root_.get(), "/srv/app/data"), IsOk());
}

TEST_F(MakeWorkingDirTest, FollowsLinksInsideOfTheRootOnly) {
  const TempDir outside = TempDir::Create().value();
  ASSERT_THAT(MakeDirectories(Path("/real"), 0755), IsOk());
  ASSERT_EQ(::symlink("/real", Path("/link").c_str()), 0);
  ASSERT_EQ(::symlink(outside.path().c_str(), Path("/out").c_str()), 0);
  EXPECT_THAT(MakeWorkingDir(root_.get(), "/link/x"), IsOk());
  EXPECT_EQ(::access(Path("/real/x").c_str(), F_OK), 0);
  EXPECT_FALSE(MakeWorkingDir(root_.get(), "/out/x").ok());
  EXPECT_TRUE(ListDirectory(outside.path())->empty());
}

TEST_F(MakeWorkingDirTest, RefusesAFileOnTheWay) {
  ASSERT_THAT(WriteFileAtomically(Path("/file"), "", 0644, false), IsOk());
  EXPECT_THAT(MakeWorkingDir(root_.get(), "/file/x"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace gantry::runtime
