// A process's streams over a connection to its shim. See process_stream.h.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_SHIM_PROCESS_STREAM_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_SHIM_PROCESS_STREAM_H_

#include <atomic>
#include <memory>

#include "services/runtime/shim/process_stream.h"
#include "services/runtime/shim/shim_connection.h"

namespace gantry::runtime {

class ShimProcessStream : public ProcessStream {
 public:
  // Attach or Exec was answered on `connection` already.
  explicit ShimProcessStream(std::unique_ptr<ShimConnection> connection);

  absl::StatusOr<OutputEvent> Read() override;
  absl::Status WriteInput(absl::string_view data) override;
  absl::Status CloseInput() override;
  absl::Status Resize(TerminalSize size) override;
  void Cancel() override;

 private:
  const std::unique_ptr<ShimConnection> connection_;
  std::atomic<bool> cancelled_{false};
  bool ended_ = false;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_SHIM_PROCESS_STREAM_H_
