// Passes signals that ctl gets on to the container it is attached to: INT,
// TERM, HUP, QUIT, USR1 and USR2. While there is no container to pass them to,
// they end ctl as ever.
//
// It must be made before any other thread, and so before the first call of the
// gateway: others then inherit that the signals are blocked.
//
// Threads: safe.

#ifndef GANTRY_CTL_COMMANDS_SIGNAL_PROXY_H_
#define GANTRY_CTL_COMMANDS_SIGNAL_PROXY_H_

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/fs/unique_fd.h"
#include "common/sync/mutex.h"

namespace gantry::ctl {

class SignalProxy {
 public:
  // `send` passes a signal ("SIGINT") on; it is called from a thread of the
  // proxy's and from Open.
  explicit SignalProxy(std::function<void(const std::string&)> send);
  ~SignalProxy();
  SignalProxy(const SignalProxy&) = delete;
  SignalProxy& operator=(const SignalProxy&) = delete;

  // From now on there is a container: a first signal waits until it runs.
  void Hold();
  // The container runs: sends what waited, and from now on at once.
  void Open();

 private:
  enum class Phase { kDefault, kHolding, kOpen };

  void Run();
  void Take(int signal);

  const std::function<void(const std::string&)> send_;
  UniqueFd signal_fd_;
  UniqueFd stop_fd_;
  Mutex mu_;
  Phase phase_ ABSL_GUARDED_BY(mu_) = Phase::kDefault;
  std::vector<int> waiting_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_COMMANDS_SIGNAL_PROXY_H_
