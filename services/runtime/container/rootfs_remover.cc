#include "services/runtime/container/rootfs_remover.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "common/log/log.h"

namespace gantry::runtime {
namespace {

constexpr absl::Duration kLongestPause = absl::Seconds(5);

}  // namespace

RootfsRemover::RootfsRemover(RootfsSource& rootfs, absl::Duration first_pause)
    : rootfs_(rootfs), first_pause_(first_pause), thread_([this] { Run(); }) {}

RootfsRemover::~RootfsRemover() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void RootfsRemover::Remove(const std::string& container_id) {
  if (TryRemove(container_id)) return;
  MutexLock lock(mu_);
  waiting_.insert(container_id);
  changed_.notify_all();
}

bool RootfsRemover::TryRemove(const std::string& container_id) {
  const absl::Status removed = rootfs_.Remove(container_id);
  if (removed.ok()) return true;
  LogWarning("a file system could not be removed",
             {{"container", container_id}, {"error", removed.ToString()}});
  // Anything else will not become better.
  return !absl::IsUnavailable(removed) && !absl::IsCancelled(removed) &&
         !absl::IsDeadlineExceeded(removed);
}

void RootfsRemover::Run() {
  absl::Duration pause = first_pause_;
  MutexLock lock(mu_);
  while (!stopping_) {
    if (waiting_.empty()) {
      pause = first_pause_;
      changed_.wait(lock);
      continue;
    }
    const absl::Time until = absl::Now() + pause;
    while (!stopping_ && absl::Now() < until) {
      changed_.wait_for(lock, absl::ToChronoNanoseconds(until - absl::Now()));
    }
    if (stopping_) return;
    const std::set<std::string> ids = waiting_;
    lock.unlock();
    std::set<std::string> removed;
    for (const std::string& id : ids) {
      if (!TryRemove(id)) break;
      removed.insert(id);
    }
    lock.lock();
    for (const std::string& id : removed) waiting_.erase(id);
    pause = removed.empty() ? std::min(pause * 2, kLongestPause) : first_pause_;
  }
}

}  // namespace gantry::runtime
