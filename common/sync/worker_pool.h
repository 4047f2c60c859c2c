// Runs closures on threads that are made as they are needed and kept for the
// next one. Beyond `max_threads` closures wait in order.
//
// Threads: Run from any thread, also from a closure.

#ifndef GANTRY_COMMON_SYNC_WORKER_POOL_H_
#define GANTRY_COMMON_SYNC_WORKER_POOL_H_

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "common/sync/mutex.h"

namespace gantry {

class WorkerPool {
 public:
  explicit WorkerPool(int max_threads);
  // Waits until everything that was given has run.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void Run(std::function<void()> closure);

 private:
  void Work();

  const size_t max_threads_;
  Mutex mu_;
  CondVar changed_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mu_);
  size_t idle_count_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mu_);
};

}  // namespace gantry

#endif  // GANTRY_COMMON_SYNC_WORKER_POOL_H_
