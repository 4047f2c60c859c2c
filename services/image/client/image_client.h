// ImageClient is how other services reach the image service: one method per
// call, thin over the wire messages.
//
// All methods: UNAVAILABLE, the service is not there; DEADLINE_EXCEEDED, it did
// not answer in time; otherwise what the .proto files say, with their reasons.
//
// Threads: may be shared by any number of threads.

#ifndef GANTRY_SERVICES_IMAGE_CLIENT_IMAGE_CLIENT_H_
#define GANTRY_SERVICES_IMAGE_CLIENT_IMAGE_CLIENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/fs/unique_fd.h"
#include "gantry/image/v1/image_service.pb.h"
#include "gantry/image/v1/snapshot_service.pb.h"

namespace gantry::image {

class ImageClient {
 public:
  virtual ~ImageClient() = default;

  virtual absl::StatusOr<v1::GetImageResponse> GetImage(
      const std::string& image) = 0;
  virtual absl::StatusOr<v1::ListImagesResponse> ListImages(
      const v1::ListImagesRequest& request) = 0;
  // Waits until the image is there, however long that takes, and returns its
  // id.
  virtual absl::StatusOr<std::string> PullImage(
      const v1::PullImageRequest& request) = 0;
  virtual absl::StatusOr<v1::PrepareSnapshotResponse> PrepareSnapshot(
      const v1::PrepareSnapshotRequest& request) = 0;
  virtual absl::Status RemoveSnapshot(const std::string& key) = 0;
  // How many snapshots were removed.
  virtual absl::StatusOr<int> SyncSnapshots(
      const std::string& owner_prefix, int64_t generation,
      const std::vector<std::string>& keys) = 0;

  // A detached mount of the snapshot, for move_mount(2).
  virtual absl::StatusOr<UniqueFd> MountSnapshot(const std::string& key) = 0;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_CLIENT_IMAGE_CLIENT_H_
