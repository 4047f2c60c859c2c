// A shim: parent of one container, from before it is made until it is deleted.
// One thread around one poll(2).
//
// Threads: one, the only one of its process.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_SHIM_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_SHIM_H_

#include <sys/types.h>

#include <list>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/fs/unique_fd.h"
#include "gantry/shim/v1/shim.pb.h"
#include "services/runtime/log/cri_log_writer.h"
#include "services/runtime/oci_runtime/oci_runtime.h"
#include "services/runtime/shim/exit_status.h"
#include "services/runtime/shim/shim_client.h"

namespace gantry::runtime {

// Does what the one Launch on `connection` asks for, and returns when the
// container is deleted. The process is this shim's alone from here on: its
// session, its signals and its children.
void ServeLaunch(UniqueFd connection, const std::string& run_dir);

class Shim {
 public:
  Shim(shim::v1::Launch launch, std::string run_dir,
       std::unique_ptr<OciRuntime> oci_runtime);

  // Makes the container; if that fails, undoes everything.
  absl::Status Create(UniqueFd rootfs);

  // Serves clients, `connection` first, until the container is deleted.
  void Run(UniqueFd connection);

 private:
  // The output of the container on its way to the log and the clients.
  struct Pipe {
    UniqueFd fd;
    LogStream log_stream;
    shim::v1::OutputStream stream;
  };

  absl::Status CreateOrFail(UniqueFd rootfs);
  void RemoveFiles();

  void PollOnce();
  int PollTimeoutMillis() const;
  bool IsHeldBack() const;
  void AcceptClients();
  void AddClient(UniqueFd socket);
  void RemoveBrokenClients();
  void Reap();
  // True if there was something.
  bool ReadPipe(Pipe& pipe);
  void TakeOutput(const Pipe& pipe, absl::string_view data);
  void PublishOutput(const Pipe& pipe, absl::string_view data);
  void FinishIfDrained();
  void Finish();

  void Handle(ShimClient& client, const shim::v1::Request& request);
  absl::Status Start();
  absl::Status Signal(int number);
  void Attach(ShimClient& client, const shim::v1::Request& request);
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
  Pipe pipes_[2];
  std::list<ShimClient> clients_;
  pid_t pid_ = 0;
  bool started_ = false;
  // The first process has ended; `finished_` when its output is in the log too.
  bool exited_ = false;
  bool finished_ = false;
  ExitStatus exit_;
  absl::Time last_output_;
  // Nothing has come from standard error yet.
  bool errors_untouched_ = true;
  // 0 unless the kernel could not execute the command.
  int exec_failure_code_ = 0;
  // The client that waits for Delete; null if none does.
  ShimClient* deleter_ = nullptr;
  uint64_t delete_sequence_ = 0;
  bool deleting_ = false;
  bool done_ = false;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_SHIM_H_
