// Where a container's file system comes from: a writable snapshot over the
// layers of an image, leased by "container/<id>".
//
//   GANTRY_ASSIGN_OR_RETURN(const PreparedRootfs rootfs,
//                           source.Prepare(id, "busybox"));
//   GANTRY_ASSIGN_OR_RETURN(UniqueFd mount, source.Mount(id));
//   …
//   GANTRY_RETURN_IF_ERROR(source.Remove(id));
//
// Threads: every method by any thread.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_ROOTFS_SOURCE_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_ROOTFS_SOURCE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/fs/unique_fd.h"

namespace gantry::runtime {

struct PreparedRootfs {
  // "sha256:<hex>".
  std::string image_id;
  // The image's complete name; empty if it was asked for by id.
  std::string image_reference;
  // The image's configuration document, byte for byte.
  std::string config_json;
};

class RootfsSource {
 public:
  virtual ~RootfsSource() = default;

  // Makes the snapshot of a container. `image` is a name or an id.
  //
  // NOT_FOUND with reason IMAGE_NOT_FOUND: no such image.
  // INVALID_ARGUMENT: `image` is malformed.
  // RESOURCE_EXHAUSTED: the disk is full.
  // UNAVAILABLE: the image service does not answer.
  virtual absl::StatusOr<PreparedRootfs> Prepare(
      const std::string& container_id, const std::string& image) = 0;

  // A detached mount of the snapshot (open_tree, fsmount), which is also a
  // directory that openat2 works in.
  //
  // NOT_FOUND: there is no snapshot of that container.
  virtual absl::StatusOr<UniqueFd> Mount(const std::string& container_id) = 0;

  // Removes the snapshot with all that was written to it. None is no error.
  virtual absl::Status Remove(const std::string& container_id) = 0;

  // Says which containers there are: the snapshots of all others are removed,
  // except those that were made while this program runs.
  virtual absl::Status Sync(const std::vector<std::string>& container_ids) = 0;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_ROOTFS_SOURCE_H_
