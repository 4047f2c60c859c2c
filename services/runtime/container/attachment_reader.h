// Attachment over a shim's output: holds the exit back until the container's
// record says that it has ended.
//
// Threads: as Attachment.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_ATTACHMENT_READER_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_ATTACHMENT_READER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/runtime/container/attachment.h"
#include "services/runtime/container/container_index.h"
#include "services/runtime/shim/output_reader.h"

namespace gantry::runtime {

class AttachmentReader : public Attachment {
 public:
  // `end_count` is the entry's before the run that `output` belongs to ends.
  AttachmentReader(ContainerIndex::EntryPtr entry, int64_t end_count,
                   std::unique_ptr<OutputReader> output);

  const std::string& container_id() const override { return entry_->id(); }
  absl::StatusOr<AttachmentEvent> Read() override;
  void Cancel() override;

 private:
  const ContainerIndex::EntryPtr entry_;
  const int64_t end_count_;
  const std::unique_ptr<OutputReader> output_;
  bool finished_ = false;
  std::atomic<bool> cancelled_{false};
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_ATTACHMENT_READER_H_
