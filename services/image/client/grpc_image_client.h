// GrpcImageClient reaches the image service over its sockets below one
// directory: image.sock, image-internal.sock, image-mounts.sock.
//
// Threads: as for ImageClient.

#ifndef GANTRY_SERVICES_IMAGE_CLIENT_GRPC_IMAGE_CLIENT_H_
#define GANTRY_SERVICES_IMAGE_CLIENT_GRPC_IMAGE_CLIENT_H_

#include <memory>
#include <string>
#include <vector>

#include "services/image/client/image_client.h"

namespace gantry::image {

class GrpcImageClient : public ImageClient {
 public:
  // Connects when it is used; the service may come and go.
  explicit GrpcImageClient(const std::string& socket_directory);
  ~GrpcImageClient() override;

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
  absl::StatusOr<UniqueFd> MountSnapshot(const std::string& key) override;

 private:
  struct Stubs;
  const std::unique_ptr<Stubs> stubs_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_CLIENT_GRPC_IMAGE_CLIENT_H_
