// A container's streams as its clients get them: holds the exit back until the
// container's record says that it has ended and, with auto_remove, its name is
// free.
//
// Threads: as ProcessStream.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_ATTACHMENT_STREAM_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_ATTACHMENT_STREAM_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/runtime/container/container_index.h"
#include "services/runtime/shim/process_stream.h"

namespace gantry::runtime {

class AttachmentStream : public ProcessStream {
 public:
  // `end_count` is the entry's before the run that `stream` belongs to ends.
  AttachmentStream(ContainerIndex::EntryPtr entry, int64_t end_count,
                   std::unique_ptr<ProcessStream> stream);

  absl::StatusOr<OutputEvent> Read() override;
  absl::Status WriteInput(absl::string_view data) override;
  // Nothing, unless the container's input is for one client (stdin_once).
  absl::Status CloseInput() override;
  absl::Status Resize(TerminalSize size) override;
  void Cancel() override;

 private:
  const ContainerIndex::EntryPtr entry_;
  const int64_t end_count_;
  const std::unique_ptr<ProcessStream> stream_;
  bool finished_ = false;
  std::atomic<bool> cancelled_{false};
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_ATTACHMENT_STREAM_H_
