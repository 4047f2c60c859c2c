// MountServer hands mounts of snapshots out as descriptors, over a
// SOCK_SEQPACKET socket (see SnapshotMountRequest in snapshot_service.proto).
// It serves only processes of root and of its own user.
//
// Threads: Start and Stop by one; requests are answered one after the other on
// a thread of its own (a mount takes about a millisecond).

#ifndef GANTRY_SERVICES_IMAGE_SERVER_MOUNT_SERVER_H_
#define GANTRY_SERVICES_IMAGE_SERVER_MOUNT_SERVER_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "common/fs/unique_fd.h"
#include "services/image/snapshot/snapshotter.h"

namespace gantry::image {

class MountServer {
 public:
  // Listens at `socket_path` (mode 0600; a socket that is left there is
  // replaced) and serves. `snapshotter` must outlive the server.
  static absl::StatusOr<std::unique_ptr<MountServer>> Start(
      const std::string& socket_path, Snapshotter& snapshotter);

  // Stops and removes the socket.
  ~MountServer();
  MountServer(const MountServer&) = delete;
  MountServer& operator=(const MountServer&) = delete;

 private:
  MountServer(std::string socket_path, UniqueFd listener, UniqueFd stop,
              Snapshotter& snapshotter);

  void Serve();
  void Accept();
  // False once the connection is over.
  bool Answer(int fd);

  const std::string socket_path_;
  const UniqueFd listener_;
  // An eventfd; readable once the server is to stop.
  const UniqueFd stop_;
  Snapshotter& snapshotter_;
  // Of the thread alone.
  std::vector<UniqueFd> connections_;
  std::thread thread_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_SERVER_MOUNT_SERVER_H_
