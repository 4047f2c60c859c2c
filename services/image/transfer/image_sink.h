// What the importer and the puller need from the rest of the service: where an
// image goes whose blobs and layers are all stored, and how to keep the garbage
// collector away from them until then.

#ifndef GANTRY_SERVICES_IMAGE_TRANSFER_IMAGE_SINK_H_
#define GANTRY_SERVICES_IMAGE_TRANSFER_IMAGE_SINK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/oci/digest.h"

namespace gantry::image {

// An image whose blobs and layers are all stored. The vectors of layers are in
// step, the lowest layer first.
struct ImportedImage {
  oci::Digest manifest_digest;
  // The image's id.
  oci::Digest config_digest;
  // Complete references, by tag ("docker.io/library/busybox:latest") or by
  // digest ("docker.io/library/busybox@sha256:…"). May be empty.
  std::vector<std::string> names;
  std::vector<oci::Digest> diff_ids;
  // Bytes of each layer's files.
  std::vector<int64_t> layer_sizes_bytes;
  // The layers as they came, compressed or not.
  std::vector<oci::Digest> layer_blobs;
};

class ImageSink {
 public:
  virtual ~ImageSink() = default;

  // Records the image; names that other images had now name this one.
  virtual absl::Status Put(const ImportedImage& image) = 0;
};

// Protects blobs and layers from the garbage collector for its own lifetime,
// which is that of one import.
//
// Threads: may be called by several at once.
class ImportGuard {
 public:
  virtual ~ImportGuard() = default;

  // What is pinned stays, or may be brought later and stays then. Pinning twice
  // is no error.
  virtual absl::Status PinBlob(const oci::Digest& digest) = 0;
  virtual absl::Status PinLayer(const oci::Digest& diff_id) = 0;

  // Unpins these and removes each that nothing else pins or refers to: what an
  // import brought that failed or that it turned out not to need. Some may not
  // be there. Holds the garbage collector's lock.
  virtual void Discard(const std::vector<oci::Digest>& blobs,
                       const std::vector<oci::Digest>& layers) = 0;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_TRANSFER_IMAGE_SINK_H_
