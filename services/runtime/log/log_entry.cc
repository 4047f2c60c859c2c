#include "services/runtime/log/log_entry.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_format.h"

namespace gantry::runtime {
namespace {

// Digits at `offset`; -1 if there is something else.
int64_t Digits(absl::string_view text, size_t offset, size_t count) {
  int64_t value = 0;
  for (size_t i = offset; i < offset + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

std::optional<absl::Time> ParseTime(absl::string_view text) {
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':' || text[19] != '.' || text[29] != 'Z') {
    return std::nullopt;
  }
  const int64_t year = Digits(text, 0, 4), month = Digits(text, 5, 2),
                day = Digits(text, 8, 2), hour = Digits(text, 11, 2),
                minute = Digits(text, 14, 2), second = Digits(text, 17, 2),
                nanos = Digits(text, 20, 9);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 ||
      second < 0 || nanos < 0) {
    return std::nullopt;
  }
  const absl::CivilSecond civil(year, month, day, hour, minute, second);
  return absl::FromCivil(civil, absl::UTCTimeZone()) + absl::Nanoseconds(nanos);
}

}  // namespace

std::string FormatLogTime(absl::Time time) {
  const absl::Time first =
      absl::FromCivil(absl::CivilSecond(0), absl::UTCTimeZone());
  const absl::Time last =
      absl::FromCivil(absl::CivilSecond(10000), absl::UTCTimeZone()) -
      absl::Nanoseconds(1);
  const absl::TimeZone::CivilInfo info =
      absl::UTCTimeZone().At(std::clamp(time, first, last));
  const absl::CivilSecond& cs = info.cs;
  return absl::StrFormat("%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", cs.year(),
                         cs.month(), cs.day(), cs.hour(), cs.minute(),
                         cs.second(), absl::ToInt64Nanoseconds(info.subsecond));
}

std::optional<LogEntry> ParseLogEntry(absl::string_view line) {
  if (line.size() < kLogHeaderBytes) return std::nullopt;
  const std::optional<absl::Time> time = ParseTime(line);
  if (!time.has_value() || line[30] != ' ' || line[37] != ' ' ||
      line[39] != ' ') {
    return std::nullopt;
  }
  LogEntry entry;
  entry.time = *time;
  const absl::string_view stream = line.substr(31, 6);
  if (stream == "stderr") {
    entry.stream = LogStream::kStderr;
  } else if (stream != "stdout") {
    return std::nullopt;
  }
  const char flag = line[kLogFlagOffset];
  if (flag != 'F' && flag != 'P') return std::nullopt;
  entry.data.reserve(line.size() - kLogHeaderBytes + 1);
  entry.data.assign(line.data() + kLogHeaderBytes,
                    line.size() - kLogHeaderBytes);
  if (flag == 'F') entry.data.push_back('\n');
  return entry;
}

}  // namespace gantry::runtime
