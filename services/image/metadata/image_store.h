// ImageStore keeps the records of the images and snapshots: which names and ids
// there are, and which blobs and layers each needs. It holds no content: blobs
// and layers are made before the record that names them and deleted after it.
//
// Everywhere `image` is a name ("busybox"), an id ("sha256:<hex>", "<hex>") or
// a unique prefix of an id's hex digits; a name wins over a prefix.
//
// Threads: may be shared by any number of threads. Each change is one step, on
// the disk before the method returns.

#ifndef GANTRY_SERVICES_IMAGE_METADATA_IMAGE_STORE_H_
#define GANTRY_SERVICES_IMAGE_METADATA_IMAGE_STORE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/oci/digest.h"
#include "common/oci/manifest.h"

namespace gantry::image {

struct Image {
  // Digest of the configuration.
  oci::Digest id;
  // Complete references, sorted: by tag ("docker.io/library/busybox:latest")
  // and by digest ("docker.io/library/busybox@sha256:…").
  std::vector<std::string> names;
  oci::Digest manifest_digest;
  // Lowest first; layer_blobs are the layers as they came, in step.
  std::vector<oci::Digest> diff_ids;
  std::vector<oci::Digest> layer_blobs;
  std::optional<absl::Time> created_at;
  absl::Time stored_at;
  // Of the unpacked layers.
  int64_t size_bytes = 0;
  oci::Platform platform;
  std::map<std::string, std::string> labels;
  // Snapshots of containers over the image; the store counts them.
  int container_count = 0;
};

struct Snapshot {
  std::string key;
  oci::Digest image_id;
  // Lowest first.
  std::vector<oci::Digest> diff_ids;
  // "container/<id>" or "build/<id>".
  std::string owner;
  int64_t generation = 0;
  absl::Time created_at;
};

struct BlobEntry {
  oci::Digest digest;
  int64_t size_bytes = 0;
};

struct LayerEntry {
  oci::Digest diff_id;
  std::string format;
  int64_t size_bytes = 0;
};

struct RemovedImage {
  // Complete references that are gone.
  std::vector<std::string> untagged_names;
  // Set if the image itself is gone.
  std::optional<oci::Digest> deleted_id;
};

struct RemovedSnapshot {
  bool existed = false;
  // The image that only waited for this snapshot is gone too.
  std::optional<oci::Digest> deleted_image_id;
};

// What records refer to.
struct Reachable {
  std::set<oci::Digest> blobs;
  std::set<oci::Digest> layers;
};

class ImageStore {
 public:
  virtual ~ImageStore() = default;

  // Records an image with what it needs. If its id is known, the names add up
  // and the rest is replaced. Names that other images had are this one's now.
  virtual absl::Status PutImage(const Image& image,
                                const std::vector<BlobEntry>& blobs,
                                const std::vector<LayerEntry>& layers) = 0;

  // NOT_FOUND (IMAGE_NOT_FOUND): no image has this name or id.
  // INVALID_ARGUMENT: it can be neither, or several ids begin with it.
  virtual absl::StatusOr<Image> FindImage(absl::string_view image) = 0;

  // At most `limit` images in the order of their ids, from the one after
  // `start_after` (hex digits, empty: from the first), only those with a name
  // that matches `reference`: "busybox" (any tag), "busybox:1.36", with * and ?
  // as wildcards; empty matches all.
  //
  // INVALID_ARGUMENT: `reference` cannot be a name.
  virtual absl::StatusOr<std::vector<Image>> ListImages(
      absl::string_view reference, absl::string_view start_after,
      int limit) = 0;

  // Takes a name away, or all names if `image` is an id, and with the last one
  // the image. With `force`, an image in use loses its names, and goes when its
  // last snapshot goes.
  //
  // As FindImage, and FAILED_PRECONDITION without `force`:
  // IMAGE_IN_USE, a snapshot is made of it and its last name would go;
  // IMAGE_HAS_SEVERAL_NAMES, an id whose names are of several repositories or
  // tags.
  virtual absl::StatusOr<RemovedImage> RemoveImage(absl::string_view image,
                                                   bool force) = 0;

  // Records a snapshot. The same key again with the same image and owner only
  // brings the generation up.
  //
  // NOT_FOUND (IMAGE_NOT_FOUND): its image is gone.
  // ALREADY_EXISTS (SNAPSHOT_KEY_TAKEN): the key is another owner's or image's.
  virtual absl::Status PutSnapshot(const Snapshot& snapshot) = 0;

  // NOT_FOUND (SNAPSHOT_NOT_FOUND): no such snapshot.
  virtual absl::StatusOr<Snapshot> FindSnapshot(absl::string_view key) = 0;

  // All whose owner begins with `owner_prefix`, in the order of the keys.
  virtual absl::StatusOr<std::vector<Snapshot>> ListSnapshots(
      absl::string_view owner_prefix) = 0;

  // One that is not there is no error.
  virtual absl::StatusOr<RemovedSnapshot> RemoveSnapshot(
      absl::string_view key) = 0;

  // Blobs of images, layers of images and snapshots.
  virtual absl::StatusOr<Reachable> FindReachable() = 0;

  // Drops the records of blobs and layers before their files are deleted.
  virtual absl::Status Forget(const std::vector<oci::Digest>& blobs,
                              const std::vector<oci::Digest>& layers) = 0;

  virtual absl::StatusOr<int64_t> CountImages() = 0;
  virtual absl::StatusOr<int64_t> CountSnapshots() = 0;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_METADATA_IMAGE_STORE_H_
