// A command that is executed in a shim's container beside the first process,
// from the request to its end.
//
// Threads: one.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_SHIM_EXEC_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_SHIM_EXEC_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gantry/shim/v1/shim.pb.h"
#include "services/runtime/oci_runtime/oci_runtime.h"
#include "services/runtime/shim/shim_client.h"
#include "services/runtime/shim/shim_process.h"

namespace gantry::runtime {

class ShimExec {
 public:
  using Starter = absl::FunctionRef<absl::StatusOr<
      std::unique_ptr<OciRuntime::PendingExec>>(const OciRuntime::Stdio&)>;

  // `start` is called before this returns. `client`, who asked, gets the answer
  // to `sequence`, and the output if it attaches; it must say by ForgetClient
  // when it goes.
  static absl::StatusOr<std::unique_ptr<ShimExec>> Begin(
      const shim::v1::Request::Exec& request, uint64_t sequence,
      ShimClient& client, const std::string& work_dir, Starter start);

  ShimProcess& process() { return process_; }
  bool is_starting() const { return pending_ != nullptr; }
  pid_t starter_pid() const { return pending_->starter_pid(); }
  // Kills a starter that has been at work for too long.
  void KillStarterIfLate(absl::Time now);

  // The starter was reaped. Answers; after an error there is no process. The
  // caller notes its exit if that came first.
  absl::Status Conclude(int starter_wait_status);

  bool IsClient(const ShimClient& client) const { return client_ == &client; }
  void ForgetClient() { client_ = nullptr; }
  // The process waits for its client.
  bool IsHeldBack() const;
  void ReadOutput(int stream);
  // Tells the client that it has finished.
  void SendExit();

 private:
  ShimExec(const shim::v1::Request::Exec& request, uint64_t sequence,
           ShimClient& client, std::unique_ptr<ProcessIo> io);

  bool is_attached() const { return client_ != nullptr && attach_; }

  const std::string id_;
  const uint64_t sequence_;
  const bool attach_;
  const TerminalSize size_;
  const absl::Time began_at_;
  ShimClient* client_;
  ShimProcess process_;
  std::unique_ptr<OciRuntime::PendingExec> pending_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_SHIM_EXEC_H_
