#include "services/runtime/container/container_entry.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace gantry::runtime {

ContainerEntry::ContainerEntry(StoredContainer container)
    : id_(container.info.id), container_(std::move(container)) {
  MutexLock lock(mu_);
  last_exit_code_ = container_.info.exit_code;
}

StoredContainer ContainerEntry::Stored() const {
  MutexLock lock(mu_);
  return container_;
}

ContainerInfo ContainerEntry::info() const {
  MutexLock lock(mu_);
  return container_.info;
}

ContainerState ContainerEntry::state() const {
  MutexLock lock(mu_);
  return container_.info.state;
}

bool ContainerEntry::IsActive() const { return runtime::IsActive(state()); }

void ContainerEntry::Publish(StoredContainer container) {
  MutexLock lock(mu_);
  const bool ended = runtime::IsActive(container_.info.state) &&
                     !runtime::IsActive(container.info.state);
  container_ = std::move(container);
  if (ended) {
    ++end_count_;
    last_exit_code_ = container_.info.exit_code;
  }
  changed_.notify_all();
}

int64_t ContainerEntry::end_count() const {
  MutexLock lock(mu_);
  return end_count_;
}

std::optional<int64_t> ContainerEntry::CountIfActive() const {
  MutexLock lock(mu_);
  if (!runtime::IsActive(container_.info.state)) return std::nullopt;
  return end_count_;
}

int ContainerEntry::last_exit_code() const {
  MutexLock lock(mu_);
  return last_exit_code_;
}

bool ContainerEntry::WaitForEnd(int64_t count, absl::Time deadline,
                                const std::function<bool()>& cancelled) {
  MutexLock lock(mu_);
  while (end_count_ <= count) {
    const absl::Time now = absl::Now();
    if (now >= deadline || (cancelled && cancelled())) return false;
    const absl::Time until = std::min(deadline, now + absl::Milliseconds(100));
    changed_.wait_for(lock, absl::ToChronoNanoseconds(until - now));
  }
  return true;
}

void ContainerEntry::Wake() {
  MutexLock lock(mu_);
  changed_.notify_all();
}

}  // namespace gantry::runtime
