#include "ctl/output/human.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace gantry::ctl {
namespace {

// The number of bytes that a UTF-8 sequence has which begins with `byte`.
size_t SequenceSize(unsigned char byte) {
  if (byte >= 0xf0) return 4;
  if (byte >= 0xe0) return 3;
  return byte >= 0xc0 ? 2 : 1;
}

// The number of bytes of the UTF-8 sequence that `text` begins with; 0 if it
// does not begin with one.
size_t ValidSequence(absl::string_view text) {
  const size_t size = SequenceSize(static_cast<unsigned char>(text[0]));
  const bool stray = (static_cast<unsigned char>(text[0]) & 0xc0) == 0x80;
  if (stray || size > text.size()) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
  }
  return size;
}

}  // namespace

std::string HumanDuration(absl::Duration duration) {
  const int64_t seconds = absl::ToInt64Seconds(duration);
  const int64_t minutes = absl::ToInt64Minutes(duration);
  const int64_t hours =
      static_cast<int64_t>(absl::ToDoubleHours(duration) + 0.5);
  if (seconds < 1) return "Less than a second";
  if (seconds == 1) return "1 second";
  if (seconds < 60) return absl::StrCat(seconds, " seconds");
  if (minutes == 1) return "About a minute";
  if (minutes < 60) return absl::StrCat(minutes, " minutes");
  if (hours == 1) return "About an hour";
  if (hours < 48) return absl::StrCat(hours, " hours");
  if (hours < 24 * 7 * 2) return absl::StrCat(hours / 24, " days");
  if (hours < 24 * 30 * 2) return absl::StrCat(hours / 24 / 7, " weeks");
  if (hours < 24 * 365 * 2) return absl::StrCat(hours / 24 / 30, " months");
  return absl::StrCat(
      static_cast<int64_t>(absl::ToDoubleHours(duration)) / 24 / 365, " years");
}

std::string HumanSize(int64_t bytes, int digits) {
  static constexpr const char* kUnits[] = {"B",  "kB", "MB", "GB",
                                           "TB", "PB", "EB"};
  double size = static_cast<double>(bytes);
  size_t unit = 0;
  for (; size >= 1000 && unit + 1 < std::size(kUnits); ++unit) size /= 1000;
  return absl::StrFormat("%.*g%s", digits, size, kUnits[unit]);
}

std::string HumanBinarySize(int64_t bytes) {
  static constexpr const char* kUnits[] = {"B",   "KiB", "MiB", "GiB",
                                           "TiB", "PiB", "EiB"};
  double size = static_cast<double>(bytes);
  size_t unit = 0;
  for (; size >= 1024 && unit + 1 < std::size(kUnits); ++unit) size /= 1024;
  return absl::StrFormat("%.4g%s", size, kUnits[unit]);
}

std::string Ellipsis(absl::string_view text, int width) {
  int characters = 0;
  size_t cut = text.size();
  for (size_t at = 0; at < text.size();
       at += SequenceSize(static_cast<unsigned char>(text[at]))) {
    if (characters == width - 1) cut = at;
    if (++characters > width) return absl::StrCat(text.substr(0, cut), "…");
  }
  return std::string(text);
}

std::string JoinCommand(const std::vector<std::string>& args) {
  return absl::StrJoin(args, " ", [](std::string* out, const std::string& arg) {
    const bool blank = arg.find_first_of(" \t\n") != std::string::npos;
    absl::StrAppend(out, blank ? "'" : "", arg, blank ? "'" : "");
  });
}

std::string Quote(absl::string_view text) {
  static constexpr absl::string_view kEscaped = "\a\b\f\n\r\t\v\"\\";
  static constexpr absl::string_view kLetters = "abfnrtv\"\\";
  std::string out = "\"";
  for (size_t at = 0; at < text.size();) {
    const size_t size = ValidSequence(text.substr(at));
    const char c = text[at];
    const size_t escape = kEscaped.find(c);
    if (escape != absl::string_view::npos) {
      out += '\\';
      out += kLetters[escape];
    } else if (size == 0 || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      absl::StrAppendFormat(&out, "\\x%02x", static_cast<unsigned char>(c));
    } else {
      absl::StrAppend(&out, text.substr(at, size));
    }
    at += std::max<size_t>(size, 1);
  }
  return out + "\"";
}

std::string ShortId(absl::string_view id) {
  return std::string(absl::StripPrefix(id, "sha256:").substr(0, 12));
}

std::string LongTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S +0000 UTC", time,
                          absl::UTCTimeZone());
}

std::string IsoTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E9SZ", time, absl::UTCTimeZone());
}

}  // namespace gantry::ctl
