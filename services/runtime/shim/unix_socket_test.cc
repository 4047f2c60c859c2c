#include "services/runtime/shim/unix_socket.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

TEST(UnixSocketTest, DirectoriesMayHaveLongNames) {
  TempDir dir = TempDir::Create().value();
  const std::string deep = dir.path() + "/" + std::string(200, 'x');
  ASSERT_THAT(MakeDirectories(deep, 0700), IsOk());
  const std::string path = deep + "/" + std::string(64, 'a') + ".sock";
  const auto listener = ListenUnix(path);
  ASSERT_THAT(listener, IsOk());
  EXPECT_THAT(ConnectUnix(path), IsOk());
  struct stat info;
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST(UnixSocketTest, AFileWithoutAListenerIsNotFound) {
  TempDir dir = TempDir::Create().value();
  const std::string path = dir.path() + "/s";
  EXPECT_THAT(ConnectUnix(path), StatusIs(absl::StatusCode::kNotFound));
  ASSERT_THAT(ListenUnix(path), IsOk());
  EXPECT_THAT(ConnectUnix(path), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace gantry::runtime
