// The standard streams of one process in a container, as an attached client
// sees them.
//
//   GANTRY_ASSIGN_OR_RETURN(auto stream, shims.Attach(id, {.primary = true}));
//   while (true) {
//     GANTRY_ASSIGN_OR_RETURN(OutputEvent event, stream->Read());
//     if (event.exit) break;
//     Write(event.stream, event.data);
//   }
//
// Threads: Read() by one thread at a time; WriteInput, CloseInput and Resize by
// one other; Cancel() by any.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_PROCESS_STREAM_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_PROCESS_STREAM_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/runtime/shim/exit_status.h"

namespace gantry::runtime {

enum class OutputStream { kStdout = 1, kStderr = 2 };

// In characters.
struct TerminalSize {
  uint16_t rows = 0;
  uint16_t columns = 0;
};

struct OutputEvent {
  OutputStream stream = OutputStream::kStdout;
  std::string data;
  // Set in the last event, which has no data.
  std::optional<ExitStatus> exit;
};

class ProcessStream {
 public:
  virtual ~ProcessStream() = default;

  // Waits for the next piece of output. After all output comes the exit, once.
  //
  // RESOURCE_EXHAUSTED: this reader fell too far behind and was cut off.
  // CANCELLED: Cancel() was called.
  // OUT_OF_RANGE: the exit was handed out already.
  // UNAVAILABLE: the shim is gone.
  virtual absl::StatusOr<OutputEvent> Read() = 0;

  // Passes input on; waits while the process does not read. At most 512 KiB.
  // Input that the process does not want any more is dropped.
  //
  // UNAVAILABLE: the shim is gone, or Cancel() was called; as the two below.
  virtual absl::Status WriteInput(absl::string_view data) = 0;
  // The process finds the end of its input after what was written. A terminal
  // has no end.
  virtual absl::Status CloseInput() = 0;
  // Nothing happens without a terminal.
  virtual absl::Status Resize(TerminalSize size) = 0;

  // Ends a waiting Read() and all later ones, and detaches.
  virtual void Cancel() = 0;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_PROCESS_STREAM_H_
