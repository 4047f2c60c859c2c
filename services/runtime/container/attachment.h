// One client's connection to a container's output.
//
//   GANTRY_ASSIGN_OR_RETURN(auto attachment, lifecycle.Attach("web", true));
//   while (true) {
//     GANTRY_ASSIGN_OR_RETURN(AttachmentEvent event, attachment->Read());
//     if (event.exit_code.has_value()) break;
//     …
//   }
//
// Threads: Read() by one thread at a time, Cancel() by any.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_ATTACHMENT_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_ATTACHMENT_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "services/runtime/shim/output_reader.h"

namespace gantry::runtime {

struct AttachmentEvent {
  OutputStream stream = OutputStream::kStdout;
  std::string data;
  // Set in the last event, which has no data.
  std::optional<int> exit_code;
};

class Attachment {
 public:
  virtual ~Attachment() = default;

  // The container's complete id.
  virtual const std::string& container_id() const = 0;

  // Waits for the next piece of output. The exit comes after all output, when
  // the record says EXITED and, with auto_remove, the name is free.
  //
  // RESOURCE_EXHAUSTED: this client fell too far behind and was cut off.
  // CANCELLED: Cancel() was called.
  // OUT_OF_RANGE: the exit was handed out already.
  virtual absl::StatusOr<AttachmentEvent> Read() = 0;

  // Ends a waiting Read() and all later ones. The container goes on.
  virtual void Cancel() = 0;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_ATTACHMENT_H_
