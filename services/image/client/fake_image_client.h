// FakeImageClient serves images that a test puts into it, and remembers
// snapshots. For tests.
//
// Threads: as for ImageClient.

#ifndef GANTRY_SERVICES_IMAGE_CLIENT_FAKE_IMAGE_CLIENT_H_
#define GANTRY_SERVICES_IMAGE_CLIENT_FAKE_IMAGE_CLIENT_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/sync/mutex.h"
#include "services/image/client/image_client.h"

namespace gantry::image {

class FakeImageClient : public ImageClient {
 public:
  // Serves `image` under exactly this text.
  void PutImage(const std::string& text, v1::GetImageResponse image);
  // What PullImage of exactly this text brings.
  void PutRemoteImage(const std::string& text, v1::GetImageResponse image);
  // Every call fails with it from now on; OK ends that.
  void FailWith(absl::Status status);
  std::set<std::string> snapshot_keys();

  absl::StatusOr<v1::GetImageResponse> GetImage(
      const std::string& image) override;
  absl::StatusOr<v1::ListImagesResponse> ListImages(
      const v1::ListImagesRequest& request) override;
  absl::StatusOr<std::string> PullImage(
      const v1::PullImageRequest& request) override;
  absl::StatusOr<v1::PrepareSnapshotResponse> PrepareSnapshot(
      const v1::PrepareSnapshotRequest& request) override;
  absl::Status RemoveSnapshot(const std::string& key) override;
  absl::StatusOr<int> SyncSnapshots(
      const std::string& owner_prefix, int64_t generation,
      const std::vector<std::string>& keys) override;
  // A descriptor of an empty directory's stand-in: /dev/null.
  absl::StatusOr<UniqueFd> MountSnapshot(const std::string& key) override;

 private:
  Mutex mu_;
  absl::Status failure_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, v1::GetImageResponse> images_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, v1::GetImageResponse> remote_images_
      ABSL_GUARDED_BY(mu_);
  std::map<std::string, v1::PrepareSnapshotRequest> snapshots_
      ABSL_GUARDED_BY(mu_);
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_CLIENT_FAKE_IMAGE_CLIENT_H_
