// KvImageStore keeps the records in a KvStore, as protobuf messages (see
// image_record.proto), one synced WriteBatch per change:
//
//   images      complete reference -> NameRecord
//   image_ids   id's hex           -> ImageRecord
//   blobs       digest's hex       -> BlobRecord
//   layers      diffID's hex       -> LayerRecord
//   snapshots   key                -> SnapshotRecord
//
// Threads: as for ImageStore; one lock makes read-change-write one step.

#ifndef GANTRY_SERVICES_IMAGE_METADATA_KV_IMAGE_STORE_H_
#define GANTRY_SERVICES_IMAGE_METADATA_KV_IMAGE_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/kv/kv_store.h"
#include "common/oci/digest.h"
#include "common/sync/mutex.h"
#include "services/image/metadata/image_store.h"

namespace gantry::image {

namespace record {
class ImageRecord;
}  // namespace record

// Opens or makes the database below `path`, of this version of the records.
//
// FAILED_PRECONDITION: a newer Gantry wrote it.
absl::StatusOr<std::unique_ptr<KvStore>> OpenImageDatabase(
    const std::string& path);

class KvImageStore : public ImageStore {
 public:
  // `kv` must outlive this object; nothing else may write to it.
  explicit KvImageStore(KvStore& kv) : kv_(kv) {}

  absl::Status PutImage(const Image& image, const std::vector<BlobEntry>& blobs,
                        const std::vector<LayerEntry>& layers) override;
  absl::StatusOr<Image> FindImage(absl::string_view image) override;
  absl::StatusOr<std::vector<Image>> ListImages(absl::string_view reference,
                                                absl::string_view start_after,
                                                int limit) override;
  absl::StatusOr<RemovedImage> RemoveImage(absl::string_view image,
                                           bool force) override;
  absl::Status PutSnapshot(const Snapshot& snapshot) override;
  absl::StatusOr<Snapshot> FindSnapshot(absl::string_view key) override;
  absl::StatusOr<std::vector<Snapshot>> ListSnapshots(
      absl::string_view owner_prefix) override;
  absl::StatusOr<RemovedSnapshot> RemoveSnapshot(
      absl::string_view key) override;
  absl::StatusOr<Reachable> FindReachable() override;
  absl::Status Forget(const std::vector<oci::Digest>& blobs,
                      const std::vector<oci::Digest>& layers) override;
  absl::StatusOr<int64_t> CountImages() override;
  absl::StatusOr<int64_t> CountSnapshots() override;

 private:
  // An image's record and, if it was found by a name, that name.
  struct Found;

  absl::StatusOr<Found> Find(absl::string_view image)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The hex digits of the image's id and the name; an empty id if there is no
  // such name.
  absl::Status FindByName(absl::string_view image, std::string& id,
                          std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<record::ImageRecord> ReadImage(absl::string_view id_hex,
                                                absl::string_view asked)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Snapshots in the order of their keys.
  absl::StatusOr<std::vector<Snapshot>> ReadSnapshots()
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  KvStore& kv_;
  Mutex mu_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_METADATA_KV_IMAGE_STORE_H_
