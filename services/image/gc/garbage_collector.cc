#include "services/image/gc/garbage_collector.h"

#include <set>
#include <utility>

#include "common/log/log.h"
#include "common/status/status_macros.h"

namespace gantry::image {

class GarbageCollector::Guard : public ImportGuard {
 public:
  explicit Guard(GarbageCollector& collector) : collector_(collector) {}

  ~Guard() override {
    MutexLock lock(collector_.mu_);
    for (const oci::Digest& digest : blobs_) {
      Unpin(collector_.blob_pins_, digest);
    }
    for (const oci::Digest& diff_id : layers_) {
      Unpin(collector_.layer_pins_, diff_id);
    }
  }

  absl::Status PinBlob(const oci::Digest& digest) override {
    MutexLock lock(collector_.mu_);
    if (blobs_.insert(digest).second) ++collector_.blob_pins_[digest];
    return absl::OkStatus();
  }

  absl::Status PinLayer(const oci::Digest& diff_id) override {
    MutexLock lock(collector_.mu_);
    if (layers_.insert(diff_id).second) ++collector_.layer_pins_[diff_id];
    return absl::OkStatus();
  }

  void Discard(const std::vector<oci::Digest>& blobs,
               const std::vector<oci::Digest>& layers) override {
    MutexLock lock(collector_.mu_);
    for (const oci::Digest& digest : blobs) {
      if (blobs_.erase(digest) > 0) Unpin(collector_.blob_pins_, digest);
    }
    for (const oci::Digest& diff_id : layers) {
      if (layers_.erase(diff_id) > 0) Unpin(collector_.layer_pins_, diff_id);
    }
    const absl::StatusOr<Collected> collected =
        collector_.RemoveUnreachable(blobs, layers);
    if (!collected.ok()) {
      LogWarning("could not discard what an import brought",
                 {{"error", collected.status().ToString()}});
    }
  }

 private:
  GarbageCollector& collector_;
  // Guarded by the collector's lock, which the analysis cannot name here.
  std::set<oci::Digest> blobs_;
  std::set<oci::Digest> layers_;
};

void GarbageCollector::Unpin(Pins& pins, const oci::Digest& digest) {
  const auto pin = pins.find(digest);
  if (pin != pins.end() && --pin->second == 0) pins.erase(pin);
}

std::unique_ptr<ImportGuard> GarbageCollector::BeginImport() {
  return std::make_unique<Guard>(*this);
}

absl::StatusOr<Collected> GarbageCollector::Collect() {
  MutexLock lock(mu_);
  GANTRY_ASSIGN_OR_RETURN(const std::vector<BlobInfo> blobs, blobs_.List());
  GANTRY_ASSIGN_OR_RETURN(const std::vector<LayerInfo> layers, layers_.List());
  std::vector<oci::Digest> digests;
  for (const BlobInfo& blob : blobs) digests.push_back(blob.digest);
  std::vector<oci::Digest> diff_ids;
  for (const LayerInfo& layer : layers) diff_ids.push_back(layer.diff_id);
  return RemoveUnreachable(digests, diff_ids);
}

absl::StatusOr<Collected> GarbageCollector::RemoveUnreachable(
    const std::vector<oci::Digest>& blobs,
    const std::vector<oci::Digest>& layers) {
  GANTRY_ASSIGN_OR_RETURN(const Reachable reachable, images_.FindReachable());
  Collected garbage;
  for (const oci::Digest& digest : blobs) {
    if (reachable.blobs.count(digest) == 0 && blob_pins_.count(digest) == 0) {
      garbage.blobs.push_back(digest);
    }
  }
  for (const oci::Digest& diff_id : layers) {
    if (reachable.layers.count(diff_id) == 0 &&
        layer_pins_.count(diff_id) == 0) {
      garbage.layers.push_back(diff_id);
    }
  }
  GANTRY_RETURN_IF_ERROR(images_.Forget(garbage.blobs, garbage.layers));

  Collected removed;
  absl::Status failure;
  for (const oci::Digest& digest : garbage.blobs) {
    const absl::Status status = blobs_.Delete(digest);
    if (status.ok()) {
      removed.blobs.push_back(digest);
    } else if (!absl::IsNotFound(status)) {
      failure.Update(status);
    }
  }
  for (const oci::Digest& diff_id : garbage.layers) {
    const absl::Status status = layers_.Remove(diff_id);
    if (status.ok()) {
      removed.layers.push_back(diff_id);
    } else if (!absl::IsNotFound(status)) {
      failure.Update(status);
    }
  }
  GANTRY_RETURN_IF_ERROR(failure);
  return removed;
}

}  // namespace gantry::image
