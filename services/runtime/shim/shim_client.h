// One client of a shim, on the shim's side: what it has sent and not yet been
// read, and what is still to be sent to it. Never blocks.
//
// Threads: one.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_SHIM_CLIENT_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_SHIM_CLIENT_H_

#include <cstddef>
#include <optional>
#include <string>

#include "common/fs/unique_fd.h"
#include "gantry/shim/v1/shim.pb.h"
#include "services/runtime/shim/frame.h"

namespace gantry::runtime {

class ShimClient {
 public:
  explicit ShimClient(UniqueFd socket);

  int fd() const { return socket_.get(); }
  // The other side is gone or speaks something else.
  bool is_broken() const { return broken_; }
  size_t pending_bytes() const { return out_.size() - out_start_; }
  // A process that waits for this client waits now.
  bool is_behind() const { return pending_bytes() > kMaxAheadBytes; }

  // Takes in what has come.
  void Receive();
  // The next request; none yet if it is not complete.
  std::optional<shim::v1::Request> TakeRequest();

  void Send(const shim::v1::Event& event) { SendFrame(EncodeFrame(event)); }
  void SendFrame(const std::string& frame);
  // Sends as much as the socket takes.
  void Flush();
  // Closes it once everything is sent.
  void CloseWhenSent() { closing_ = true; }
  bool is_closing() const { return closing_; }

  // To the container's first process.
  bool attached = false;
  bool primary = false;
  // Its input is for that process.
  bool stdin = false;

 private:
  static constexpr size_t kMaxAheadBytes = 256 << 10;

  UniqueFd socket_;
  FrameBuffer in_;
  std::string out_;
  size_t out_start_ = 0;
  bool broken_ = false;
  bool closing_ = false;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_SHIM_CLIENT_H_
