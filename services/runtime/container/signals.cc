#include "services/runtime/container/signals.h"

#include <csignal>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace gantry::runtime {
namespace {

struct NamedSignal {
  absl::string_view name;
  int number;
};

constexpr NamedSignal kSignals[] = {
    {"ABRT", SIGABRT},     {"ALRM", SIGALRM},     {"BUS", SIGBUS},
    {"CHLD", SIGCHLD},     {"CLD", SIGCHLD},      {"CONT", SIGCONT},
    {"FPE", SIGFPE},       {"HUP", SIGHUP},       {"ILL", SIGILL},
    {"INT", SIGINT},       {"IO", SIGIO},         {"IOT", SIGIOT},
    {"KILL", SIGKILL},     {"PIPE", SIGPIPE},     {"POLL", SIGPOLL},
    {"PROF", SIGPROF},     {"PWR", SIGPWR},       {"QUIT", SIGQUIT},
    {"SEGV", SIGSEGV},     {"STKFLT", SIGSTKFLT}, {"STOP", SIGSTOP},
    {"SYS", SIGSYS},       {"TERM", SIGTERM},     {"TRAP", SIGTRAP},
    {"TSTP", SIGTSTP},     {"TTIN", SIGTTIN},     {"TTOU", SIGTTOU},
    {"URG", SIGURG},       {"USR1", SIGUSR1},     {"USR2", SIGUSR2},
    {"VTALRM", SIGVTALRM}, {"WINCH", SIGWINCH},   {"XCPU", SIGXCPU},
    {"XFSZ", SIGXFSZ},
};

// As people count them: the C library keeps the first two of the kernel's.
constexpr int kRtMin = 34;
constexpr int kRtMax = 64;

int ParseRealTime(absl::string_view name) {
  int offset = 0;
  if (absl::ConsumePrefix(&name, "RTMIN")) {
    if (name.empty()) return kRtMin;
    if (absl::ConsumePrefix(&name, "+") && absl::SimpleAtoi(name, &offset) &&
        offset >= 0 && offset <= kRtMax - kRtMin) {
      return kRtMin + offset;
    }
  } else if (absl::ConsumePrefix(&name, "RTMAX")) {
    if (name.empty()) return kRtMax;
    if (absl::ConsumePrefix(&name, "-") && absl::SimpleAtoi(name, &offset) &&
        offset >= 0 && offset <= kRtMax - kRtMin) {
      return kRtMax - offset;
    }
  }
  return 0;
}

}  // namespace

absl::StatusOr<int> ParseSignal(absl::string_view text) {
  const absl::Status invalid =
      absl::InvalidArgumentError(absl::StrCat("invalid signal: ", text));
  if (!text.empty() && absl::ascii_isdigit(text[0])) {
    int number = 0;
    if (!absl::SimpleAtoi(text, &number) || number < 1 || number > kRtMax) {
      return invalid;
    }
    return number;
  }
  const std::string upper = absl::AsciiStrToUpper(text);
  const absl::string_view name = absl::StripPrefix(upper, "SIG");
  for (const NamedSignal& signal : kSignals) {
    if (signal.name == name) return signal.number;
  }
  const int real_time = ParseRealTime(name);
  if (real_time == 0) return invalid;
  return real_time;
}

}  // namespace gantry::runtime
