#include "ctl/flags/timestamp.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace gantry::ctl {
namespace {

// "1795800000" or "1795800000.123456789", to the nanosecond.
bool ParseUnix(absl::string_view text, absl::Time* time) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  int64_t seconds = 0;
  int64_t nanos = 0;
  if (parts.size() > 2 || !absl::SimpleAtoi(parts[0], &seconds)) return false;
  if (parts.size() == 2) {
    if (parts[1].size() > 9) return false;
    std::string digits(parts[1]);
    digits.resize(9, '0');
    if (!absl::SimpleAtoi(digits, &nanos) || nanos < 0) return false;
  }
  *time = absl::FromUnixSeconds(seconds) + absl::Nanoseconds(nanos);
  return true;
}

}  // namespace

absl::StatusOr<absl::Time> ParseTimestamp(absl::string_view text,
                                          absl::Time now) {
  absl::Time time;
  if (ParseUnix(text, &time)) return time;
  absl::Duration ago;
  if (absl::ParseDuration(text, &ago)) return now - ago;
  std::string error;
  for (const char* format : {"%Y-%m-%dT%H:%M:%E*S%Ez", "%Y-%m-%d%Ez"}) {
    if (absl::ParseTime(format, text, &time, &error)) return time;
  }
  for (const char* format :
       {"%Y-%m-%dT%H:%M:%E*S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H", "%Y-%m-%d"}) {
    if (absl::ParseTime(format, text, absl::LocalTimeZone(), &time, &error)) {
      return time;
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "failed to parse \"", text, "\" as a time, a date or a duration"));
}

}  // namespace gantry::ctl
