#include "services/runtime/container/attachment_stream.h"

#include <utility>

#include "absl/time/time.h"

namespace gantry::runtime {

AttachmentStream::AttachmentStream(ContainerIndex::EntryPtr entry,
                                   int64_t end_count,
                                   std::unique_ptr<ProcessStream> stream)
    : entry_(std::move(entry)),
      end_count_(end_count),
      stream_(std::move(stream)) {}

absl::StatusOr<OutputEvent> AttachmentStream::Read() {
  if (finished_) return absl::OutOfRangeError("the exit was handed out");
  absl::StatusOr<OutputEvent> event = stream_->Read();
  // Without its shim the container has ended too, and nothing more will come.
  if (!event.ok() && !absl::IsUnavailable(event.status())) {
    return event.status();
  }
  if (event.ok() && !event->exit.has_value()) return event;
  if (!entry_->WaitForEnd(end_count_, absl::InfiniteFuture(),
                          [this] { return cancelled_.load(); })) {
    return absl::CancelledError("the attachment was cancelled");
  }
  finished_ = true;
  OutputEvent last;
  last.exit = event.ok() ? *event->exit : ExitStatus();
  if (!event.ok()) last.exit->exit_code = entry_->last_exit_code();
  return last;
}

absl::Status AttachmentStream::WriteInput(absl::string_view data) {
  return stream_->WriteInput(data);
}

absl::Status AttachmentStream::CloseInput() {
  // Others may send more.
  if (!entry_->info().options.stdin_once) return absl::OkStatus();
  return stream_->CloseInput();
}

absl::Status AttachmentStream::Resize(TerminalSize size) {
  return stream_->Resize(size);
}

void AttachmentStream::Cancel() {
  cancelled_ = true;
  stream_->Cancel();
  entry_->Wake();
}

}  // namespace gantry::runtime
