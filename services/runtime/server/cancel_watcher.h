// Asks ten times a second whether a call was cancelled, and says so once. For
// calls that wait for something else than their client.
//
// Threads: has one of its own, which is joined by the destructor.

#ifndef GANTRY_SERVICES_RUNTIME_SERVER_CANCEL_WATCHER_H_
#define GANTRY_SERVICES_RUNTIME_SERVER_CANCEL_WATCHER_H_

#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "common/sync/mutex.h"

namespace gantry::runtime {

class CancelWatcher {
 public:
  CancelWatcher(std::function<bool()> is_cancelled,
                std::function<void()> on_cancelled)
      : is_cancelled_(std::move(is_cancelled)),
        on_cancelled_(std::move(on_cancelled)),
        thread_([this] { Loop(); }) {}

  ~CancelWatcher() {
    {
      MutexLock lock(mu_);
      done_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  CancelWatcher(const CancelWatcher&) = delete;
  CancelWatcher& operator=(const CancelWatcher&) = delete;

 private:
  static constexpr std::chrono::milliseconds kInterval{100};

  void Loop() {
    while (!WaitUntilDone()) {
      if (is_cancelled_()) return on_cancelled_();
    }
  }

  bool WaitUntilDone() {
    MutexLock lock(mu_);
    if (!done_) changed_.wait_for(lock, kInterval);
    return done_;
  }

  const std::function<bool()> is_cancelled_;
  const std::function<void()> on_cancelled_;
  Mutex mu_;
  CondVar changed_;
  bool done_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SERVER_CANCEL_WATCHER_H_
