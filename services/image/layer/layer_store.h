// LayerStore keeps unpacked layers by their diffID, the digest of the layer's
// uncompressed tar stream. A layer is in the form that overlayfs takes as a
// lower directory: a whiteout is a character device 0/0, an opaque directory
// has the extended attribute trusted.overlay.opaque=y. It is independent of
// what lies below it.
//
// Threads: may be shared by any number of threads.

#ifndef GANTRY_SERVICES_IMAGE_LAYER_LAYER_STORE_H_
#define GANTRY_SERVICES_IMAGE_LAYER_LAYER_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/oci/digest.h"
#include "services/image/layer/byte_source.h"
#include "services/image/layer/inflate_limits.h"

namespace gantry::image {

struct LayerInfo {
  oci::Digest diff_id;
  // Bytes of its files' content.
  int64_t size_bytes = 0;
  // "tree": a directory.
  std::string format;
};

struct LayerLimits {
  // Of the uncompressed stream, and of the sizes that its files claim.
  int64_t max_bytes = int64_t{64} << 30;
  // Of the entries, and of the directories that they imply.
  int64_t max_entries = 4'000'000;
  // Of a compressed stream.
  InflateLimits inflate;
};

class LayerStore {
 public:
  virtual ~LayerStore() = default;

  // Unpacks a layer from its tar stream, plain or compressed with gzip or zstd.
  // If the layer is there already, `tar` is not read. Two calls at once for one
  // layer are fine. After an error nothing is left.
  //
  // `tar` may be read on a thread of the store's own, which has ended when this
  // returns.
  //
  // DATA_LOSS: the stream is cut off, damaged or not `expected_diff_id`.
  // INVALID_ARGUMENT: not a tar archive, or an entry that is not allowed: a
  //   name with "..", a hard link whose target the layer lacks, a device that
  //   would be taken for a whiteout, an owner that is no user id.
  // RESOURCE_EXHAUSTED: beyond `limits`, or the disk is full.
  virtual absl::StatusOr<LayerInfo> Unpack(ByteSource& tar,
                                           const oci::Digest& expected_diff_id,
                                           const LayerLimits& limits) = 0;

  // NOT_FOUND: no such layer.
  virtual absl::StatusOr<LayerInfo> Stat(const oci::Digest& diff_id) = 0;

  // The directory to give to overlayfs as a lower directory.
  //
  // NOT_FOUND: no such layer.
  virtual absl::StatusOr<std::string> Path(const oci::Digest& diff_id) = 0;

  // NOT_FOUND: no such layer. The caller knows that nothing uses it.
  virtual absl::Status Remove(const oci::Digest& diff_id) = 0;

  // All layers, in the order of their diffIDs.
  virtual absl::StatusOr<std::vector<LayerInfo>> List() = 0;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_LAYER_LAYER_STORE_H_
