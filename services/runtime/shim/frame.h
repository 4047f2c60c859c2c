// Messages on a stream: a 4-byte big-endian length, then the message.
//
// Threads: values; one thread at a time for each descriptor and direction.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_FRAME_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_FRAME_H_

#include <google/protobuf/message_lite.h>

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/fs/unique_fd.h"

namespace gantry::runtime {

inline constexpr size_t kMaxFrameBytes = 1 << 20;

std::string EncodeFrame(const google::protobuf::MessageLite& message);

// Cuts frames out of bytes as they come.
class FrameBuffer {
 public:
  void Append(absl::string_view bytes) {
    bytes_.append(bytes.data(), bytes.size());
  }
  // The next whole message; none yet if more bytes are needed.
  //
  // INVALID_ARGUMENT: a frame that is too long.
  absl::StatusOr<std::optional<std::string>> Take();

 private:
  std::string bytes_;
  size_t start_ = 0;
};

// Sends all of it on a blocking socket, with a descriptor unless it is -1.
absl::Status SendFrame(int socket, const google::protobuf::MessageLite& message,
                       int passed_fd = -1);

// Waits on a blocking socket for the next message. A descriptor that comes with
// it is put in `*passed_fd`, or closed if that is null.
//
// UNAVAILABLE: the other side has gone. DEADLINE_EXCEEDED: SO_RCVTIMEO passed.
absl::StatusOr<std::string> ReceiveFrame(int socket, FrameBuffer& buffer,
                                         UniqueFd* passed_fd = nullptr);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_FRAME_H_
