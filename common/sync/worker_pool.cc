#include "common/sync/worker_pool.h"

#include <utility>

namespace gantry {

WorkerPool::WorkerPool(int max_threads)
    : max_threads_(static_cast<size_t>(max_threads)) {}

WorkerPool::~WorkerPool() {
  std::vector<std::thread> threads;
  while (true) {
    {
      MutexLock lock(mu_);
      stopping_ = true;
      threads.swap(threads_);
    }
    if (threads.empty()) return;
    changed_.notify_all();
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }
}

void WorkerPool::Run(std::function<void()> closure) {
  {
    MutexLock lock(mu_);
    queue_.push_back(std::move(closure));
    if (queue_.size() > idle_count_ && threads_.size() < max_threads_) {
      threads_.emplace_back([this] { Work(); });
    }
  }
  changed_.notify_one();
}

void WorkerPool::Work() {
  while (true) {
    std::function<void()> closure;
    {
      MutexLock lock(mu_);
      ++idle_count_;
      while (queue_.empty() && !stopping_) changed_.wait(lock);
      --idle_count_;
      if (queue_.empty()) return;
      closure = std::move(queue_.front());
      queue_.pop_front();
    }
    closure();
  }
}

}  // namespace gantry
