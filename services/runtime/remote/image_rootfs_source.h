// RootfsSource over the image service: snapshots leased by "container/<id>".
//
// Threads: shared freely.

#ifndef GANTRY_SERVICES_RUNTIME_REMOTE_IMAGE_ROOTFS_SOURCE_H_
#define GANTRY_SERVICES_RUNTIME_REMOTE_IMAGE_ROOTFS_SOURCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "services/image/client/image_client.h"
#include "services/runtime/container/rootfs_source.h"

namespace gantry::runtime {

class ImageRootfsSource : public RootfsSource {
 public:
  // `client` must outlive this object. `generation` is when the service
  // started, in nanoseconds since 1970: what it makes from then on is not swept
  // by Sync.
  ImageRootfsSource(image::ImageClient& client, int64_t generation)
      : client_(client), generation_(generation) {}

  absl::StatusOr<PreparedRootfs> Prepare(const std::string& container_id,
                                         const std::string& image) override;
  absl::StatusOr<UniqueFd> Mount(const std::string& container_id) override;
  absl::Status Remove(const std::string& container_id) override;
  absl::Status Sync(const std::vector<std::string>& container_ids) override;

 private:
  image::ImageClient& client_;
  const int64_t generation_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_REMOTE_IMAGE_ROOTFS_SOURCE_H_
