// A connection to the standard streams of a container or of an exec: input and
// sizes go in, output and at last the exit code come out.
//
// Threads: one thread reads, another may send at the same time, and Leave may
// be called from any.

#ifndef GANTRY_CTL_CLIENT_ATTACHMENT_H_
#define GANTRY_CTL_CLIENT_ATTACHMENT_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ctl/terminal/terminal_size.h"
#include "gantry/runtime/v1/container_service.pb.h"

namespace gantry::ctl {

class Attachment {
 public:
  // Called on the thread that reads.
  struct Events {
    // The connection stands, and the process runs.
    std::function<void()> on_opened;
    std::function<void(runtime::v1::OutputStream stream, absl::string_view)>
        on_output;
  };

  virtual ~Attachment() = default;

  // The exit code, after all output. Call once.
  //
  // DATA_LOSS, reason ATTACH_BROKEN: the connection ended before the process
  // did.
  virtual absl::StatusOr<int> ReadUntilExit(const Events& events) = 0;

  // At most 512 KiB; blocks while the process does not read. False: the
  // connection is over.
  virtual bool SendInput(std::string bytes) = 0;
  virtual bool SendSize(const TerminalSize& size) = 0;
  // The end of the input. Nothing can be sent after it.
  virtual void EndInput() = 0;

  // Ends the connection, and with it ReadUntilExit; the process goes on.
  virtual void Leave() = 0;
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_CLIENT_ATTACHMENT_H_
