#include "common/log/log.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace gantry {
namespace {

std::string& ServiceName() {
  static std::string* const name = new std::string("gantry");
  return *name;
}

bool NeedsQuotes(absl::string_view value) {
  return value.empty() ||
         std::any_of(value.begin(), value.end(), [](unsigned char c) {
           return c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f;
         });
}

void AppendValue(std::string& line, absl::string_view value) {
  if (NeedsQuotes(value)) {
    absl::StrAppend(&line, "\"", absl::Utf8SafeCEscape(value), "\"");
  } else {
    absl::StrAppend(&line, value);
  }
}

void WriteLine(absl::string_view level, absl::string_view message,
               const LogFields& fields) {
  const std::string line = absl::StrCat(
      "time=",
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(),
                       absl::UTCTimeZone()),
      " ", FormatLogLine(level, ServiceName(), message, fields), "\n");
  // Nobody can be told that the log itself cannot be written.
  [[maybe_unused]] const ssize_t wrote =
      ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

void InitLog(absl::string_view service) {
  ServiceName() = std::string(service);
}

std::string FormatLogLine(absl::string_view level, absl::string_view service,
                          absl::string_view message, const LogFields& fields) {
  std::string line =
      absl::StrCat("level=", level, " service=", service, " msg=\"",
                   absl::Utf8SafeCEscape(message), "\"");
  for (const auto& [key, value] : fields) {
    absl::StrAppend(&line, " ", key, "=");
    AppendValue(line, value);
  }
  return line;
}

void LogInfo(absl::string_view message, const LogFields& fields) {
  WriteLine("info", message, fields);
}

void LogWarning(absl::string_view message, const LogFields& fields) {
  WriteLine("warning", message, fields);
}

void LogError(absl::string_view message, const LogFields& fields) {
  WriteLine("error", message, fields);
}

}  // namespace gantry
