#include "services/image/server/mount_server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/testing/status_matchers.h"
#include "services/image/client/mount_client.h"
#include "services/image/snapshot/snapshotter.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

// "Mounts" a directory for the key "known".
class DirectorySnapshotter : public Snapshotter {
 public:
  explicit DirectorySnapshotter(std::string path) : path_(std::move(path)) {}

  absl::StatusOr<Image> Prepare(absl::string_view /*key*/,
                                absl::string_view /*image*/,
                                absl::string_view /*owner*/,
                                int64_t /*generation*/) override {
    return Image();
  }
  absl::StatusOr<UniqueFd> Mount(absl::string_view key) override {
    if (key != "known") {
      return absl::NotFoundError(absl::StrCat("no such snapshot: ", key));
    }
    return OpenDirectory(path_);
  }
  absl::StatusOr<RemovedSnapshot> Remove(absl::string_view /*key*/) override {
    return RemovedSnapshot();
  }
  absl::StatusOr<SyncResult> Sync(
      absl::string_view /*owner_prefix*/, int64_t /*generation*/,
      const std::vector<std::string>& /*keys*/) override {
    return SyncResult();
  }

 private:
  const std::string path_;
};

class MountServerTest : public ::testing::Test {
 protected:
  const TempDir directory_ = TempDir::Create("/tmp").value();
  const std::string socket_path_ = directory_.path() + "/mounts.sock";
  DirectorySnapshotter snapshotter_{directory_.path()};
  MountClient client_{socket_path_};
};

TEST_F(MountServerTest, TheDescriptorArrives) {
  const auto server = MountServer::Start(socket_path_, snapshotter_);
  ASSERT_THAT(server, IsOk());
  for (int i = 0; i < 3; ++i) {
    const auto mount = client_.Mount("known");
    ASSERT_THAT(mount, IsOk());
    struct stat got {};
    struct stat expected {};
    ASSERT_EQ(fstat(mount->get(), &got), 0);
    ASSERT_EQ(stat(directory_.path().c_str(), &expected), 0);
    EXPECT_EQ(got.st_ino, expected.st_ino);
    EXPECT_EQ(fcntl(mount->get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  }
}

TEST_F(MountServerTest, AnErrorKeepsItsCodeAndMessage) {
  const auto server = MountServer::Start(socket_path_, snapshotter_);
  ASSERT_THAT(server, IsOk());
  const auto mount = client_.Mount("absent");
  EXPECT_THAT(mount, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(mount.status().message(), "no such snapshot: absent");
}

TEST_F(MountServerTest, WithoutAServerItIsUnavailable) {
  EXPECT_THAT(client_.Mount("known"), StatusIs(absl::StatusCode::kUnavailable));
  { ASSERT_THAT(MountServer::Start(socket_path_, snapshotter_), IsOk()); }
  EXPECT_THAT(client_.Mount("known"), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(MountServerTest, ASocketThatWasLeftBehindIsReplaced) {
  ASSERT_THAT(WriteFileAtomically(socket_path_, "", 0600, false), IsOk());
  const auto server = MountServer::Start(socket_path_, snapshotter_);
  ASSERT_THAT(server, IsOk());
  EXPECT_THAT(client_.Mount("known"), IsOk());
}

TEST_F(MountServerTest, TheSocketIsForItsOwnerAlone) {
  const auto server = MountServer::Start(socket_path_, snapshotter_);
  ASSERT_THAT(server, IsOk());
  struct stat info {};
  ASSERT_EQ(stat(socket_path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

}  // namespace
}  // namespace gantry::image
