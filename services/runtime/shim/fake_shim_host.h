// Shims in memory, for tests. A container runs until the test ends it.
//
// Threads: any; the exit handler is called by whoever calls Finish.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_FAKE_SHIM_HOST_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_FAKE_SHIM_HOST_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/sync/mutex.h"
#include "services/runtime/shim/shim_host.h"

namespace gantry::runtime {

class FakeShimHost : public ShimHost {
 public:
  FakeShimHost();
  ~FakeShimHost() override;

  void SetExitHandler(ExitHandler handler) override;
  // The pid is this process's.
  absl::StatusOr<pid_t> Launch(LaunchRequest request) override;
  // SIGKILL ends the container with 137; others are recorded.
  absl::Status Signal(const std::string& id, int signal) override;
  absl::StatusOr<std::unique_ptr<ProcessStream>> Attach(
      const std::string& id, const AttachRequest& request) override;
  // The process ends at once with code 0, having written its JSON.
  absl::StatusOr<std::unique_ptr<ProcessStream>> Exec(
      const std::string& id, const ExecRequest& request) override;
  absl::Status Delete(const std::string& id) override;
  // Those that were not created here have ended with 137.
  absl::StatusOr<std::vector<Survivor>> Recover(
      const std::vector<std::string>& ids) override;

  // What later calls of Launch and Exec return; OK to let them work again.
  void FailLaunch(absl::Status status);
  void FailExec(absl::Status status);
  // The container writes something; readers get it.
  void WriteOutput(const std::string& id, OutputStream stream,
                   absl::string_view data);
  // The container ends. Unknown ids are ignored.
  void Finish(const std::string& id, int exit_code, bool oom_killed = false);

  std::vector<int> SignalsOf(const std::string& id);
  // What was written to it; "<end>" and "<24x80>" for an end and a resize.
  std::string InputOf(const std::string& id);
  // What it was launched with; its rootfs is closed.
  LaunchRequest LaunchOf(const std::string& id);
  // Ids that were launched and not deleted.
  std::vector<std::string> Ids();

 private:
  class Stream;
  struct Container;

  std::shared_ptr<Container> Find(const std::string& id)
      ABSL_LOCKS_EXCLUDED(mu_);

  Mutex mu_;
  ExitHandler handler_ ABSL_GUARDED_BY(mu_);
  absl::Status launch_status_ ABSL_GUARDED_BY(mu_);
  absl::Status exec_status_ ABSL_GUARDED_BY(mu_);
  // Shared with the readers, which may outlive a container.
  std::map<std::string, std::shared_ptr<Container>> containers_
      ABSL_GUARDED_BY(mu_);
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_FAKE_SHIM_HOST_H_
