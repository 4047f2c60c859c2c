#include "ctl/commands/signal_proxy.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

namespace gantry::ctl {
namespace {

struct NamedSignal {
  int number;
  const char* name;
};

constexpr NamedSignal kSignals[] = {{SIGINT, "SIGINT"},   {SIGTERM, "SIGTERM"},
                                    {SIGHUP, "SIGHUP"},   {SIGQUIT, "SIGQUIT"},
                                    {SIGUSR1, "SIGUSR1"}, {SIGUSR2, "SIGUSR2"}};

sigset_t ProxiedSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const NamedSignal& signal : kSignals) sigaddset(&set, signal.number);
  return set;
}

std::string NameOf(int number) {
  for (const NamedSignal& signal : kSignals) {
    if (signal.number == number) return signal.name;
  }
  return std::to_string(number);
}

[[noreturn]] void EndBySignal(int number) {
  signal(number, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  raise(number);
  _exit(128 + number);
}

}  // namespace

SignalProxy::SignalProxy(std::function<void(const std::string&)> send)
    : send_(std::move(send)) {
  const sigset_t set = ProxiedSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal_fd_.reset(signalfd(-1, &set, SFD_CLOEXEC));
  stop_fd_.reset(eventfd(0, EFD_CLOEXEC));
  thread_ = std::thread([this] { Run(); });
}

SignalProxy::~SignalProxy() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written =
      write(stop_fd_.get(), &one, sizeof(one));
  thread_.join();
  const sigset_t set = ProxiedSignals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void SignalProxy::Hold() {
  MutexLock lock(mu_);
  phase_ = Phase::kHolding;
}

void SignalProxy::Open() {
  std::vector<int> waiting;
  {
    MutexLock lock(mu_);
    phase_ = Phase::kOpen;
    waiting.swap(waiting_);
  }
  for (const int signal : waiting) send_(NameOf(signal));
}

void SignalProxy::Run() {
  while (true) {
    pollfd fds[] = {{signal_fd_.get(), POLLIN, 0}, {stop_fd_.get(), POLLIN, 0}};
    poll(fds, 2, -1);
    if (fds[1].revents != 0) return;
    signalfd_siginfo info;
    if (fds[0].revents != 0 &&
        read(signal_fd_.get(), &info, sizeof(info)) == sizeof(info)) {
      Take(static_cast<int>(info.ssi_signo));
    }
  }
}

void SignalProxy::Take(int signal) {
  bool open = false;
  {
    MutexLock lock(mu_);
    if (phase_ == Phase::kDefault ||
        (phase_ == Phase::kHolding && !waiting_.empty())) {
      EndBySignal(signal);
    }
    open = phase_ == Phase::kOpen;
    if (!open) waiting_.push_back(signal);
  }
  if (open) send_(NameOf(signal));
}

}  // namespace gantry::ctl
