// OverlaySnapshotter mounts with overlayfs. On the disk:
//
//   snapshots/<key>/{upper,work}   of a snapshot that has a record
//   snapshots/.trash-<random>      being deleted
//   snapshots/.empty               the lower directory of an image without
//   layers
//
// A snapshot's directory is made before its record and leaves its place after
// it; what a crash leaves in between goes at the next Open().
//
// Threads: as for Snapshotter.

#ifndef GANTRY_SERVICES_IMAGE_SNAPSHOT_OVERLAY_SNAPSHOTTER_H_
#define GANTRY_SERVICES_IMAGE_SNAPSHOT_OVERLAY_SNAPSHOTTER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/fs/unique_fd.h"
#include "common/oci/digest.h"
#include "common/sync/mutex.h"
#include "services/image/layer/layer_store.h"
#include "services/image/metadata/image_store.h"
#include "services/image/snapshot/snapshotter.h"

namespace gantry::image {

class OverlaySnapshotter : public Snapshotter {
 public:
  // Makes `directory` if it is missing and moves out of the way what has no
  // record there. The stores must outlive the snapshotter.
  static absl::StatusOr<std::unique_ptr<OverlaySnapshotter>> Open(
      const std::string& directory, ImageStore& images, LayerStore& layers);

  absl::StatusOr<Image> Prepare(absl::string_view key, absl::string_view image,
                                absl::string_view owner,
                                int64_t generation) override;
  absl::StatusOr<UniqueFd> Mount(absl::string_view key) override;
  absl::StatusOr<RemovedSnapshot> Remove(absl::string_view key) override;
  absl::StatusOr<SyncResult> Sync(
      absl::string_view owner_prefix, int64_t generation,
      const std::vector<std::string>& keys) override;

  // Deletes what Open() moved out of the way; may take long.
  absl::Status EmptyTrash();

 private:
  OverlaySnapshotter(std::string directory, ImageStore& images,
                     LayerStore& layers)
      : directory_(std::move(directory)), images_(images), layers_(layers) {}

  // The lower directories, topmost first, at least one.
  absl::StatusOr<std::vector<std::string>> LowerDirectories(
      const std::vector<oci::Digest>& diff_ids);
  absl::Status MakeDirectory(const std::string& key,
                             const std::vector<std::string>& lowers)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The new path of snapshots/`name`; empty if there was nothing.
  absl::StatusOr<std::string> MoveToTrash(const std::string& name)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string directory_;
  ImageStore& images_;
  LayerStore& layers_;
  // Held while a directory and its record change together; taken before the
  // stores' own locks.
  Mutex mu_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_SNAPSHOT_OVERLAY_SNAPSHOTTER_H_
