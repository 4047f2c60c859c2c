// ImagePuller brings an image from its registry into the store. All layers come
// side by side, each in one pass: from the socket into the blob store and, at
// the same time, unpacked into the layer store.
//
// Threads: one pull at a time on one object; several objects side by side, also
// for the same image.

#ifndef GANTRY_SERVICES_IMAGE_TRANSFER_IMAGE_PULLER_H_
#define GANTRY_SERVICES_IMAGE_TRANSFER_IMAGE_PULLER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/oci/digest.h"
#include "common/oci/manifest.h"
#include "common/oci/reference.h"
#include "services/image/content/blob_store.h"
#include "services/image/layer/layer_store.h"
#include "services/image/metadata/image_store.h"
#include "services/image/registry/image_resolver.h"
#include "services/image/registry/registry.h"
#include "services/image/transfer/image_sink.h"

namespace gantry::image {

enum class LayerState {
  kWaiting,
  kDownloading,
  // Downloaded, and not yet wholly unpacked.
  kUnpacking,
  kComplete,
  // It was in the store before.
  kExists,
  // The download goes on after a pause.
  kRetrying,
};

struct LayerProgress {
  // Of the layer as the registry has it.
  oci::Digest digest;
  LayerState state = LayerState::kWaiting;
  int64_t downloaded_bytes = 0;
  // Why, in kRetrying.
  std::string reason;
};

// What the registry has under the name.
struct PullResolution {
  // Complete: "docker.io/library/busybox:latest".
  std::string name;
  // Of the manifest or the index that the name stands for.
  oci::Digest digest;
  // Lowest first, each once.
  std::vector<oci::Descriptor> layers;
};

struct PulledImage {
  oci::Digest id;
  std::string name;
  // As in PullResolution.
  oci::Digest digest;
  // The store had this image under this name before.
  bool up_to_date = false;
};

// Called by several threads at once.
class PullObserver {
 public:
  virtual ~PullObserver() = default;
  // First, once.
  virtual void OnResolved(const PullResolution& resolution) = 0;
  // At each change of state, and at most ten times a second for each layer
  // between them.
  virtual void OnLayer(const LayerProgress& progress) = 0;
};

class ImagePuller {
 public:
  struct Options {
    int max_concurrent_layers = 8;
  };

  // All must outlive this object. `is_cancelled` is asked often, by any thread.
  ImagePuller(Registry& registry, BlobStore& blobs, LayerStore& layers,
              ImageStore& images, ImageSink& sink, ImportGuard& guard,
              std::function<bool()> is_cancelled, const Options& options);

  // After an error nothing of the image is left. Messages name it.
  //
  // As Registry and ResolveImage, and
  // DATA_LOSS: a layer's digest does not match.
  // INVALID_ARGUMENT: a layer that cannot be unpacked.
  // RESOURCE_EXHAUSTED: the disk is full.
  absl::StatusOr<PulledImage> Pull(const oci::Reference& image,
                                   const std::optional<oci::Platform>& platform,
                                   PullObserver& observer);

 private:
  struct Layer {
    oci::Descriptor blob;
    oci::Digest diff_id;
  };
  class Reporter;
  class LayerDownload;
  struct Fetching;

  absl::StatusOr<PulledImage> PullAll(
      const oci::Reference& image, const std::optional<oci::Platform>& platform,
      PullObserver& observer);
  // Each blob once.
  static absl::StatusOr<std::vector<Layer>> LayersOf(
      const ResolvedImage& resolved);
  absl::Status StoreDocument(const std::string& bytes,
                             const oci::Digest& digest);
  absl::Status FetchLayers(const std::vector<Layer>& layers,
                           PullObserver& observer);
  absl::Status FetchLayer(const Layer& layer, Fetching& fetching,
                          Reporter& reporter);
  absl::Status Download(const Layer& layer, Fetching& fetching,
                        Reporter& reporter);
  absl::Status PinBlob(const oci::Digest& digest);
  absl::StatusOr<PulledImage> Record(const oci::Reference& image,
                                     const ResolvedImage& resolved);

  Registry& registry_;
  BlobStore& blobs_;
  LayerStore& layers_;
  ImageStore& images_;
  ImageSink& sink_;
  ImportGuard& guard_;
  const std::function<bool()> is_cancelled_;
  const Options options_;
  // What this pull may have brought.
  std::vector<oci::Digest> pinned_blobs_;
  std::vector<oci::Digest> pinned_layers_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_TRANSFER_IMAGE_PULLER_H_
