// The live output of one container, as an attached client sees it.
//
//   GANTRY_ASSIGN_OR_RETURN(auto output, shims.Attach(id, /*primary=*/true));
//   GANTRY_RETURN_IF_ERROR(shims.Start(id));
//   while (true) {
//     GANTRY_ASSIGN_OR_RETURN(OutputEvent event, output->Read());
//     if (event.exit) break;
//     Write(event.stream, event.data);
//   }
//
// Threads: Read() by one thread at a time, Cancel() by any.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_OUTPUT_READER_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_OUTPUT_READER_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "services/runtime/shim/exit_status.h"

namespace gantry::runtime {

enum class OutputStream { kStdout = 1, kStderr = 2 };

struct OutputEvent {
  OutputStream stream = OutputStream::kStdout;
  std::string data;
  // Set in the last event, which has no data.
  std::optional<ExitStatus> exit;
};

class OutputReader {
 public:
  virtual ~OutputReader() = default;

  // Waits for the next piece of output. After all output comes the exit, once.
  //
  // RESOURCE_EXHAUSTED: this reader fell too far behind and was cut off.
  // CANCELLED: Cancel() was called.
  // OUT_OF_RANGE: the exit was handed out already.
  // UNAVAILABLE: the shim is gone.
  virtual absl::StatusOr<OutputEvent> Read() = 0;

  // Ends a waiting Read() and all later ones.
  virtual void Cancel() = 0;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_OUTPUT_READER_H_
