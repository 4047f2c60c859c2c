// A connection to a shim, on the runtime service's side. Blocking.
//
// Threads: one at a time; Send() by another, Shutdown() by any.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_SHIM_CONNECTION_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_SHIM_CONNECTION_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/fs/unique_fd.h"
#include "gantry/shim/v1/shim.pb.h"
#include "services/runtime/shim/frame.h"

namespace gantry::runtime {

class ShimConnection {
 public:
  // To the shim that listens on `socket_path`.
  //
  // NOT_FOUND: there is none, or it has died.
  static absl::StatusOr<std::unique_ptr<ShimConnection>> Connect(
      const std::string& socket_path);

  // To the shim that is forked for `launch`; `socket` is a new connection to
  // the zygote. Waits until the container is made, whose first process is then
  // hello().pid(), or has been cleaned up.
  //
  // ABORTED: the zygote went away before it forked; nothing has happened.
  static absl::StatusOr<std::unique_ptr<ShimConnection>> Launch(
      UniqueFd socket, const shim::v1::Launch& launch, int rootfs_fd);

  const shim::v1::Hello& hello() const { return hello_; }

  // Sends a request and waits for its response. Events that come before it are
  // lost, which is why a connection that is watched makes no calls.
  //
  // UNAVAILABLE: the shim has died. Otherwise what the shim answers.
  absl::Status Call(shim::v1::Request request);

  // Sends a request that has no response; may be done while another thread
  // waits in ReadEvent. Waits while the shim does not read.
  //
  // UNAVAILABLE: the shim has died.
  absl::Status Send(const shim::v1::Request& request);

  // Waits for the next event, for ever.
  //
  // UNAVAILABLE: the shim has gone.
  absl::StatusOr<shim::v1::Event> ReadEvent();

  // Ends a waiting ReadEvent() and all later ones.
  void Shutdown();

 private:
  explicit ShimConnection(UniqueFd socket);

  absl::Status ReadHello();
  absl::StatusOr<shim::v1::Response> ReadResponse(uint64_t sequence);
  void SetTimeout(absl::Duration timeout);

  UniqueFd socket_;
  FrameBuffer buffer_;
  shim::v1::Hello hello_;
  uint64_t last_sequence_ = 0;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_SHIM_CONNECTION_H_
