// Durations, sizes and texts in the words that Docker shows people.
//
// Threads: free functions.

#ifndef GANTRY_CTL_OUTPUT_HUMAN_H_
#define GANTRY_CTL_OUTPUT_HUMAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace gantry::ctl {

// "Less than a second", "3 seconds", "About a minute", "2 weeks".
std::string HumanDuration(absl::Duration duration);

// "4.26MB": decimal units, three significant digits unless told otherwise.
std::string HumanSize(int64_t bytes, int digits = 3);

// "7.637GiB": binary units, four significant digits.
std::string HumanBinarySize(int64_t bytes);

// At most `width` characters, the last an ellipsis if something is left out.
std::string Ellipsis(absl::string_view text, int width);

// "\"sh -c 'echo hi'\"" without the outer quotes: arguments joined by blanks,
// those with blanks in single quotes.
std::string JoinCommand(const std::vector<std::string>& args);

// As Go's strconv.Quote: control characters, quotes and backslashes escaped,
// bytes that are not UTF-8 as "\xff".
std::string Quote(absl::string_view text);

// "sha256:<hex>" or "<hex>" to the first twelve digits.
std::string ShortId(absl::string_view id);

// "2026-11-27 17:02:11 +0000 UTC".
std::string LongTime(absl::Time time);

// "2026-11-27T17:02:11.123456789Z".
std::string IsoTime(absl::Time time);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_HUMAN_H_
