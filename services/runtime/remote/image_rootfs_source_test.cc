#include "services/runtime/remote/image_rootfs_source.h"

#include <gtest/gtest.h>

#include "common/status/error.h"
#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

class FakeClient : public image::ImageClient {
 public:
  absl::StatusOr<image::v1::GetImageResponse> GetImage(
      const std::string&) override {
    return error;
  }
  absl::StatusOr<image::v1::ListImagesResponse> ListImages(
      const image::v1::ListImagesRequest&) override {
    return error;
  }
  absl::StatusOr<std::string> PullImage(
      const image::v1::PullImageRequest&) override {
    return error;
  }
  absl::StatusOr<image::v1::PrepareSnapshotResponse> PrepareSnapshot(
      const image::v1::PrepareSnapshotRequest& request) override {
    if (!error.ok()) return error;
    prepared = request;
    image::v1::PrepareSnapshotResponse response;
    response.mutable_image()->set_id("sha256:1");
    response.mutable_image()->add_names("docker.io/library/busybox:latest");
    response.set_config_json("{}");
    return response;
  }
  absl::Status RemoveSnapshot(const std::string&) override { return error; }
  absl::StatusOr<int> SyncSnapshots(const std::string& prefix, int64_t,
                                    const std::vector<std::string>&) override {
    if (!error.ok()) return error;
    synced = prefix;
    return 0;
  }
  absl::StatusOr<UniqueFd> MountSnapshot(const std::string&) override {
    return error;
  }

  absl::Status error;
  image::v1::PrepareSnapshotRequest prepared;
  std::string synced;
};

TEST(ImageRootfsSourceTest, SnapshotIsLeasedByTheContainer) {
  FakeClient client;
  ImageRootfsSource source(client, 7);
  const auto rootfs = source.Prepare("abc", "busybox");
  ASSERT_THAT(rootfs, IsOk());
  EXPECT_EQ(client.prepared.owner(), "container/abc");
  EXPECT_EQ(client.prepared.generation(), 7);
  EXPECT_EQ(rootfs->image_reference, "docker.io/library/busybox:latest");
  EXPECT_THAT(source.Sync({"abc"}), IsOk());
  EXPECT_EQ(client.synced, "container/");
}

TEST(ImageRootfsSourceTest, ServiceThatIsAwayIsNamed) {
  FakeClient client;
  client.error = absl::UnavailableError("connection refused");
  ImageRootfsSource source(client, 7);
  const absl::Status status = source.Remove("abc");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(ReasonOf(status)->reason, "BACKEND_UNAVAILABLE");
}

}  // namespace
}  // namespace gantry::runtime
