#include "services/gateway/metrics/protocol_sorter.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"

namespace gantry::gateway {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(10);
constexpr absl::string_view kHttp2Preface = "PRI ";

}  // namespace

ProtocolSorter::ProtocolSorter()
    : wakeup_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this] { Loop(); }) {}

ProtocolSorter::~ProtocolSorter() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
  }
  ::eventfd_write(wakeup_.get(), 1);
  thread_.join();
}

void ProtocolSorter::Add(UniqueFd connection, Outlet http2, Outlet http1) {
  Waiting waiting{std::move(connection), std::move(http2), std::move(http1),
                  absl::Now() + kPatience};
  // Most clients have sent their first bytes by the time they are accepted.
  if (Sort(waiting)) return;
  {
    MutexLock lock(mu_);
    added_.push_back(std::move(waiting));
  }
  ::eventfd_write(wakeup_.get(), 1);
}

bool ProtocolSorter::Sort(Waiting& waiting) {
  std::array<char, kHttp2Preface.size()> bytes;
  const ssize_t got = ::recv(waiting.connection.get(), bytes.data(),
                             bytes.size(), MSG_PEEK | MSG_DONTWAIT);
  if (got == 0) {
    waiting.connection.reset();
    return true;
  }
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) waiting.connection.reset();
    if (waiting.connection.is_open() && absl::Now() > waiting.until) {
      waiting.http2(std::move(waiting.connection));
    }
    return !waiting.connection.is_open();
  }
  const absl::string_view begin(bytes.data(), static_cast<size_t>(got));
  const bool http2 = absl::StartsWith(kHttp2Preface, begin);
  if (http2 && begin.size() < kHttp2Preface.size() &&
      absl::Now() < waiting.until) {
    return false;
  }
  (http2 ? waiting.http2 : waiting.http1)(std::move(waiting.connection));
  return true;
}

void ProtocolSorter::Loop() {
  while (true) {
    {
      MutexLock lock(mu_);
      if (stopping_) return;
      for (Waiting& added : added_) waiting_.push_back(std::move(added));
      added_.clear();
    }
    SortReady();
    std::vector<pollfd> fds = {{wakeup_.get(), POLLIN, 0}};
    for (const Waiting& waiting : waiting_) {
      fds.push_back({waiting.connection.get(), POLLIN, 0});
    }
    ::poll(fds.data(), fds.size(), waiting_.empty() ? -1 : 1000);
    eventfd_t drained;
    ::eventfd_read(wakeup_.get(), &drained);
  }
}

void ProtocolSorter::SortReady() {
  std::vector<Waiting> still;
  for (Waiting& waiting : waiting_) {
    if (!Sort(waiting)) still.push_back(std::move(waiting));
  }
  waiting_ = std::move(still);
}

}  // namespace gantry::gateway
