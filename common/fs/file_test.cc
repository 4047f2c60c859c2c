#include "common/fs/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fs/temp_dir.h"
#include "common/testing/status_matchers.h"

namespace gantry {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

class FileTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) { return dir_.path() + "/" + name; }

  TempDir dir_ = TempDir::Create().value();
};

TEST_F(FileTest, WrittenFileIsReadBackWithItsMode) {
  ASSERT_THAT(WriteFileAtomically(Path("f"), "hello", 0640, true), IsOk());
  EXPECT_EQ(ReadFile(Path("f"), 5).value(), "hello");
  struct stat info;
  ASSERT_EQ(::stat(Path("f").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0640u);
  EXPECT_EQ(ListDirectory(dir_.path())->size(), 1u);
}

TEST_F(FileTest, FileBeyondTheLimitIsRefused) {
  ASSERT_THAT(WriteFileAtomically(Path("f"), "hello", 0600, false), IsOk());
  EXPECT_THAT(ReadFile(Path("f"), 4),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST_F(FileTest, FifoIsNotRead) {
  ASSERT_EQ(::mkfifo(Path("p").c_str(), 0600), 0);
  EXPECT_THAT(ReadFile(Path("p"), 4),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(FileTest, OpenBeneathDoesNotLeaveTheDirectory) {
  ASSERT_THAT(MakeDirectories(Path("in/side"), 0700), IsOk());
  ASSERT_THAT(WriteFileAtomically(Path("secret"), "x", 0600, false), IsOk());
  ASSERT_EQ(::symlink("../secret", Path("in/link").c_str()), 0);
  const UniqueFd in = OpenDirectory(Path("in")).value();
  EXPECT_FALSE(OpenBeneath(in.get(), "../secret", O_RDONLY).ok());
  EXPECT_FALSE(OpenBeneath(in.get(), "link", O_RDONLY).ok());
  EXPECT_THAT(OpenBeneath(in.get(), "side", O_RDONLY), IsOk());
}

TEST_F(FileTest, OpenInRootTakesAbsoluteLinksFromTheRoot) {
  ASSERT_THAT(MakeDirectories(Path("root/etc"), 0755), IsOk());
  ASSERT_THAT(WriteFileAtomically(Path("root/etc/f"), "in", 0600, false),
              IsOk());
  ASSERT_EQ(::symlink("/etc/f", Path("root/link").c_str()), 0);
  const UniqueFd root = OpenDirectory(Path("root")).value();
  const UniqueFd file = OpenInRoot(root.get(), "/../../link", O_RDONLY).value();
  EXPECT_EQ(ReadFd(file.get(), "link", 10).value(), "in");
}

TEST_F(FileTest, RemoveTreeLeavesWhatALinkPointsTo) {
  ASSERT_THAT(MakeDirectories(Path("tree/a/b"), 0700), IsOk());
  ASSERT_THAT(MakeDirectories(Path("other"), 0700), IsOk());
  ASSERT_THAT(WriteFileAtomically(Path("other/f"), "x", 0600, false), IsOk());
  ASSERT_EQ(::symlink("../../other", Path("tree/a/link").c_str()), 0);
  EXPECT_THAT(RemoveTree(Path("tree")), IsOk());
  EXPECT_FALSE(OpenDirectory(Path("tree")).ok());
  EXPECT_EQ(ReadFile(Path("other/f"), 10).value(), "x");
  EXPECT_THAT(RemoveTree(Path("tree")), IsOk());
}

TEST_F(FileTest, MakeDirectoriesRefusesAFileInTheWay) {
  ASSERT_THAT(WriteFileAtomically(Path("f"), "", 0600, false), IsOk());
  EXPECT_FALSE(MakeDirectories(Path("f/x"), 0700).ok());
  EXPECT_FALSE(MakeDirectories(Path("f"), 0700).ok());
}

TEST_F(FileTest, TreesAreRemovedHoweverDeepTheyAre) {
  ASSERT_THAT(MakeDirectories(Path("top"), 0700), IsOk());
  UniqueFd fd = OpenDirectory(Path("top")).value();
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(::mkdirat(fd.get(), "d", 0700), 0);
    fd.reset(::openat(fd.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(fd.is_open());
  }
  fd.reset();
  rlimit limit = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit few = {256, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  EXPECT_THAT(RemoveTree(Path("top")), IsOk());
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_TRUE(ListDirectory(dir_.path())->empty());
}

}  // namespace
}  // namespace gantry
