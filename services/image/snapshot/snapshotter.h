// Snapshotter makes root file systems for containers and build steps: an upper
// directory, written to by one owner, over the layers of an image.
//
//   Prepare() -> Mount()* -> Remove()
//
// Threads: may be shared by any number of threads.

#ifndef GANTRY_SERVICES_IMAGE_SNAPSHOT_SNAPSHOTTER_H_
#define GANTRY_SERVICES_IMAGE_SNAPSHOT_SNAPSHOTTER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/fs/unique_fd.h"
#include "services/image/metadata/image_store.h"

namespace gantry::image {

struct SyncResult {
  int removed_count = 0;
  // Whether images went that only waited for these snapshots.
  bool images_deleted = false;
};

class Snapshotter {
 public:
  virtual ~Snapshotter() = default;

  // Makes a snapshot over the image that `image` names, for `owner`
  // ("container/<id>" or "build/<id>"), and returns the image. Repeated with
  // the same key, owner and image it returns what is there.
  //
  // NOT_FOUND (IMAGE_NOT_FOUND): no such image.
  // INVALID_ARGUMENT: a malformed key, owner, generation or image.
  // ALREADY_EXISTS: the key belongs to another owner or another image.
  // RESOURCE_EXHAUSTED: the disk is full.
  virtual absl::StatusOr<Image> Prepare(absl::string_view key,
                                        absl::string_view image,
                                        absl::string_view owner,
                                        int64_t generation) = 0;

  // A detached mount of the snapshot, for move_mount(2). A snapshot should be
  // mounted once at a time.
  //
  // INVALID_ARGUMENT: a malformed key.
  // NOT_FOUND: no such snapshot.
  virtual absl::StatusOr<UniqueFd> Mount(absl::string_view key) = 0;

  // Removes a snapshot and what was written to it. One that is not there is no
  // error.
  //
  // INVALID_ARGUMENT: a malformed key.
  virtual absl::StatusOr<RemovedSnapshot> Remove(absl::string_view key) = 0;

  // Removes the snapshots whose owner begins with `owner_prefix`, whose
  // generation is older than `generation` and that `keys` does not list.
  //
  // INVALID_ARGUMENT: a malformed prefix, or a generation that is not positive.
  virtual absl::StatusOr<SyncResult> Sync(
      absl::string_view owner_prefix, int64_t generation,
      const std::vector<std::string>& keys) = 0;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_SNAPSHOT_SNAPSHOTTER_H_
