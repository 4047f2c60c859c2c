// A shim: parent of one container, from before it is made until it is deleted.
// One thread around one poll(2).
//
// Threads: one, the only one of its process.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_SHIM_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_SHIM_H_

#include <sys/types.h>

#include <list>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/fs/unique_fd.h"
#include "gantry/shim/v1/shim.pb.h"
#include "services/runtime/log/cri_log_writer.h"
#include "services/runtime/oci_runtime/oci_runtime.h"
#include "services/runtime/shim/process_stream.h"
#include "services/runtime/shim/shim_client.h"
#include "services/runtime/shim/shim_exec.h"
#include "services/runtime/shim/shim_process.h"

namespace gantry::runtime {

// Does what the one Launch on `connection` asks for, and returns when the
// container is deleted. The process is this shim's alone from here on: its
// session, its signals and its children.
void ServeLaunch(UniqueFd connection, const std::string& run_dir);

class Shim {
 public:
  Shim(shim::v1::Launch launch, std::string run_dir,
       std::unique_ptr<OciRuntime> oci_runtime);

  // Makes the container and starts it; if that fails, undoes everything.
  absl::Status Launch(UniqueFd rootfs);

  // Serves clients, `connection` first, until the container is deleted.
  void Run(UniqueFd connection);

 private:
  // What one poll(2) waits for, and where in it each part's entries are.
  struct PollSet;

  absl::Status LaunchOrFail(UniqueFd rootfs);
  void RemoveFiles();

  void PollOnce();
  PollSet MakePollSet();
  int PollTimeoutMillis() const;
  // The container waits for its primary client, or for one to come.
  bool IsHeldBack() const;
  // Nothing is taken from the client until its process has read what came.
  bool IsInputHeldBack(const ShimClient& client);
  void AcceptClients();
  void ServeClients(const PollSet& set);
  void RemoveBrokenClients();
  void Reap();
  void ReapOne(pid_t pid, int wait_status);
  void PublishOutput(OutputStream stream, absl::string_view data);
  void Finish();
  void FinishExecs();

  void Handle(ShimClient& client, const shim::v1::Request& request);
  void Answer(ShimClient& client, uint64_t sequence,
              const absl::Status& status);
  absl::Status Signal(int number);
  void Attach(ShimClient& client, const shim::v1::Request& request);
  absl::Status BeginExec(ShimClient& client, const shim::v1::Request& request);
  // Whose input this client sends; null if nobody's.
  ProcessIo* InputOf(const ShimClient& client);
  ShimExec* ExecOf(const ShimClient& client);
  void BeginDelete(ShimClient& client, uint64_t sequence);
  void CompleteDelete();
  void FlushClients(absl::Duration timeout);

  shim::v1::Event HelloEvent() const;
  shim::v1::Event ExitEvent() const;

  const shim::v1::Launch launch_;
  const std::string run_dir_;
  const std::unique_ptr<OciRuntime> oci_runtime_;
  std::unique_ptr<CriLogWriter> log_;
  UniqueFd listener_;
  UniqueFd signals_;
  std::unique_ptr<ShimProcess> container_;
  bool oom_killed_ = false;
  std::list<std::unique_ptr<ShimExec>> execs_;
  // Children that were reaped before it was known whose they are, while an exec
  // is being started.
  std::map<pid_t, int> unclaimed_;
  std::list<ShimClient> clients_;
  // The client that launched, while the container waits for a primary one.
  ShimClient* awaited_by_ = nullptr;
  // The client that waits for Delete; null if none does.
  ShimClient* deleter_ = nullptr;
  uint64_t delete_sequence_ = 0;
  bool deleting_ = false;
  bool done_ = false;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_SHIM_H_
