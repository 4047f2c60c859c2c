#include "services/runtime/network/netns_pool.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace gantry::runtime {
namespace {

// After a failure, unless somebody waits.
constexpr absl::Duration kPause = absl::Seconds(1);

absl::Status RaiseLoopback() {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return absl::ErrnoToStatus(errno, "socket");
  ifreq request = {};
  ::memcpy(request.ifr_name, "lo", sizeof("lo"));
  if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) {
    return absl::ErrnoToStatus(errno, "read the loopback's flags");
  }
  request.ifr_flags |= IFF_UP;
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) {
    return absl::ErrnoToStatus(errno, "raise the loopback");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<UniqueFd> MakeNetns() {
  if (::unshare(CLONE_NEWNET) != 0) {
    return absl::ErrnoToStatus(errno, "make a network namespace");
  }
  if (const absl::Status raised = RaiseLoopback(); !raised.ok()) return raised;
  UniqueFd netns(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!netns.is_open()) {
    return absl::ErrnoToStatus(errno, "open a network namespace");
  }
  return netns;
}

NetnsPool::NetnsPool(size_t size) : size_(size), thread_([this] { Run(); }) {}

NetnsPool::~NetnsPool() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

absl::StatusOr<UniqueFd> NetnsPool::Take() {
  MutexLock lock(mu_);
  ++waiting_;
  status_ = absl::OkStatus();
  changed_.notify_all();
  while (ready_.empty() && status_.ok() && !stopping_) changed_.wait(lock);
  --waiting_;
  if (stopping_) return absl::CancelledError("the service ends");
  if (ready_.empty()) return status_;
  UniqueFd netns = std::move(ready_.back());
  ready_.pop_back();
  changed_.notify_all();
  return netns;
}

void NetnsPool::Run() {
  MutexLock lock(mu_);
  while (!stopping_) {
    if (ready_.size() >= size_ + static_cast<size_t>(waiting_)) {
      changed_.wait(lock);
      continue;
    }
    lock.unlock();
    absl::StatusOr<UniqueFd> netns = MakeNetns();
    lock.lock();
    status_ = netns.status();
    if (netns.ok()) ready_.push_back(*std::move(netns));
    changed_.notify_all();
    const absl::Time until = absl::Now() + kPause;
    while (!status_.ok() && waiting_ == 0 && !stopping_ &&
           absl::Now() < until) {
      changed_.wait_for(lock, absl::ToChronoNanoseconds(until - absl::Now()));
    }
  }
}

}  // namespace gantry::runtime
