// GarbageCollector removes the blobs and layers that no image, no snapshot and
// no running import needs: after an image was removed, after an import failed,
// and at the start. Whoever brings blobs and layers pins them first.
//
// Threads: may be shared by any number of threads. Pins wait for a running
// collection, so that nothing is pinned between the decision and the deletion.

#ifndef GANTRY_SERVICES_IMAGE_GC_GARBAGE_COLLECTOR_H_
#define GANTRY_SERVICES_IMAGE_GC_GARBAGE_COLLECTOR_H_

#include <map>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/oci/digest.h"
#include "common/sync/mutex.h"
#include "services/image/content/blob_store.h"
#include "services/image/layer/layer_store.h"
#include "services/image/metadata/image_store.h"
#include "services/image/transfer/image_sink.h"

namespace gantry::image {

// What a collection removed.
struct Collected {
  std::vector<oci::Digest> blobs;
  std::vector<oci::Digest> layers;
};

class GarbageCollector {
 public:
  // All must outlive this object, and it must outlive its guards.
  GarbageCollector(BlobStore& blobs, LayerStore& layers, ImageStore& images)
      : blobs_(blobs), layers_(layers), images_(images) {}
  GarbageCollector(const GarbageCollector&) = delete;
  GarbageCollector& operator=(const GarbageCollector&) = delete;

  // What the guard pins stays until it is destroyed. Never null.
  std::unique_ptr<ImportGuard> BeginImport();

  // Removes everything that is unreachable and not pinned.
  absl::StatusOr<Collected> Collect();

 private:
  class Guard;

  // How many guards pin each.
  using Pins = std::map<oci::Digest, int>;

  static void Unpin(Pins& pins, const oci::Digest& digest);
  // Removes what of `blobs` and `layers` is neither reachable nor pinned.
  absl::StatusOr<Collected> RemoveUnreachable(
      const std::vector<oci::Digest>& blobs,
      const std::vector<oci::Digest>& layers)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  BlobStore& blobs_;
  LayerStore& layers_;
  ImageStore& images_;
  // Held through a whole collection, and so across calls of the stores; it is
  // taken before their own locks.
  Mutex mu_;
  Pins blob_pins_ ABSL_GUARDED_BY(mu_);
  Pins layer_pins_ ABSL_GUARDED_BY(mu_);
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_GC_GARBAGE_COLLECTOR_H_
