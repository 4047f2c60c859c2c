// MountClient asks the image service for the mounts of snapshots, which come as
// descriptors over a SOCK_SEQPACKET socket (see SnapshotMountRequest in
// snapshot_service.proto).
//
// Threads: may be shared by any number of threads; each call has its own
// connection.

#ifndef GANTRY_SERVICES_IMAGE_CLIENT_MOUNT_CLIENT_H_
#define GANTRY_SERVICES_IMAGE_CLIENT_MOUNT_CLIENT_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/fs/unique_fd.h"

namespace gantry::image {

class MountClient {
 public:
  explicit MountClient(std::string socket_path)
      : socket_path_(std::move(socket_path)) {}

  // A detached mount, for move_mount(2).
  //
  // UNAVAILABLE: the service is not there, or went away.
  // DEADLINE_EXCEEDED: no answer within 30 s.
  // INVALID_ARGUMENT, NOT_FOUND: as Snapshotter::Mount.
  absl::StatusOr<UniqueFd> Mount(const std::string& key);

 private:
  const std::string socket_path_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_CLIENT_MOUNT_CLIENT_H_
