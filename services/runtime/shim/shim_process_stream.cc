#include "services/runtime/shim/shim_process_stream.h"

#include <utility>

#include "services/runtime/shim/shim_messages.h"

namespace gantry::runtime {

ShimProcessStream::ShimProcessStream(std::unique_ptr<ShimConnection> connection)
    : connection_(std::move(connection)) {}

absl::StatusOr<OutputEvent> ShimProcessStream::Read() {
  if (ended_) return absl::OutOfRangeError("the process's output has ended");
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

absl::Status ShimProcessStream::WriteInput(absl::string_view data) {
  shim::v1::Request request;
  request.set_input(data.data(), data.size());
  return connection_->Send(request);
}

absl::Status ShimProcessStream::CloseInput() {
  shim::v1::Request request;
  request.mutable_close_input();
  return connection_->Send(request);
}

absl::Status ShimProcessStream::Resize(TerminalSize size) {
  shim::v1::Request request;
  *request.mutable_resize() = ToMessage(size);
  return connection_->Send(request);
}

void ShimProcessStream::Cancel() {
  cancelled_ = true;
  connection_->Shutdown();
}

}  // namespace gantry::runtime
