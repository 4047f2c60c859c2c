// One overlayfs mount that is attached nowhere.
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_IMAGE_SNAPSHOT_OVERLAY_MOUNT_H_
#define GANTRY_SERVICES_IMAGE_SNAPSHOT_OVERLAY_MOUNT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/fs/unique_fd.h"

namespace gantry::image {

struct OverlayDirectories {
  // Topmost first, at least one.
  std::vector<std::string> lowers;
  std::string upper;
  std::string work;
};

// With the mount API where the kernel takes layers one by one (6.8), otherwise
// as MountOverlayInOwnNamespace. Needs CAP_SYS_ADMIN.
absl::StatusOr<UniqueFd> MountOverlay(const OverlayDirectories& directories);

// With mount(2), in a mount namespace that a thread makes for it: for older
// kernels and for paths that fsconfig(2) takes no more, at 256 characters.
absl::StatusOr<UniqueFd> MountOverlayInOwnNamespace(
    const OverlayDirectories& directories);

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_SNAPSHOT_OVERLAY_MOUNT_H_
