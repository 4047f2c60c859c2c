// Output that a shim sends over a connection of its own. See output_reader.h.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_SHIM_OUTPUT_READER_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_SHIM_OUTPUT_READER_H_

#include <atomic>
#include <memory>

#include "services/runtime/shim/output_reader.h"
#include "services/runtime/shim/shim_connection.h"

namespace gantry::runtime {

class ShimOutputReader : public OutputReader {
 public:
  // Attach was answered on `connection` already.
  explicit ShimOutputReader(std::unique_ptr<ShimConnection> connection);

  absl::StatusOr<OutputEvent> Read() override;
  void Cancel() override;

 private:
  const std::unique_ptr<ShimConnection> connection_;
  std::atomic<bool> cancelled_{false};
  bool ended_ = false;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_SHIM_OUTPUT_READER_H_
