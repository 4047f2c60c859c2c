#include "services/runtime/shim/shim_output_reader.h"

#include <utility>

#include "absl/status/status.h"
#include "services/runtime/shim/shim_messages.h"

namespace gantry::runtime {

ShimOutputReader::ShimOutputReader(std::unique_ptr<ShimConnection> connection)
    : connection_(std::move(connection)) {}

absl::StatusOr<OutputEvent> ShimOutputReader::Read() {
  if (ended_) return absl::OutOfRangeError("the container's output has ended");
  while (true) {
    absl::StatusOr<shim::v1::Event> event = connection_->ReadEvent();
    if (cancelled_) return absl::CancelledError("attaching was cancelled");
    if (!event.ok()) return event.status();
    OutputEvent result;
    if (event->has_output()) {
      result.stream = event->output().stream() == shim::v1::OUTPUT_STREAM_STDERR
                          ? OutputStream::kStderr
                          : OutputStream::kStdout;
      result.data = std::move(*event->mutable_output()->mutable_data());
      return result;
    }
    if (event->has_exit()) {
      ended_ = true;
      result.exit = FromMessage(event->exit());
      return result;
    }
    if (event->has_cut_off()) {
      return absl::ResourceExhaustedError(
          "the client was too slow for the container's output");
    }
  }
}

void ShimOutputReader::Cancel() {
  cancelled_ = true;
  connection_->Shutdown();
}

}  // namespace gantry::runtime
