#include "services/runtime/container/attachment_reader.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace gantry::runtime {

AttachmentReader::AttachmentReader(ContainerIndex::EntryPtr entry,
                                   int64_t end_count,
                                   std::unique_ptr<OutputReader> output)
    : entry_(std::move(entry)),
      end_count_(end_count),
      output_(std::move(output)) {}

absl::StatusOr<AttachmentEvent> AttachmentReader::Read() {
  if (finished_) return absl::OutOfRangeError("the exit was handed out");
  absl::StatusOr<OutputEvent> event = output_->Read();
  // Without its shim the container has ended too, and nothing more will come.
  if (!event.ok() && !absl::IsUnavailable(event.status())) {
    return event.status();
  }
  if (event.ok() && !event->exit.has_value()) {
    AttachmentEvent output;
    output.stream = event->stream;
    output.data = std::move(event->data);
    return output;
  }
  if (!entry_->WaitForEnd(end_count_, absl::InfiniteFuture(),
                          [this] { return cancelled_.load(); })) {
    return absl::CancelledError("the attachment was cancelled");
  }
  finished_ = true;
  AttachmentEvent last;
  last.exit_code =
      event.ok() ? event->exit->exit_code : entry_->last_exit_code();
  return last;
}

void AttachmentReader::Cancel() {
  cancelled_ = true;
  output_->Cancel();
  entry_->Wake();
}

}  // namespace gantry::runtime
