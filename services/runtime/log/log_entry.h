// One entry of a container's log, and how it is written:
//
//   2006-01-02T15:04:05.000000000Z stdout F text
//
// the format of the CRI, with every field before the text of fixed width. "P"
// instead of "F" says that the line goes on in the stream's next entry.
//
// Threads: free functions over values.

#ifndef GANTRY_SERVICES_RUNTIME_LOG_LOG_ENTRY_H_
#define GANTRY_SERVICES_RUNTIME_LOG_LOG_ENTRY_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace gantry::runtime {

enum class LogStream { kStdout = 1, kStderr = 2 };

struct LogEntry {
  absl::Time time;
  LogStream stream = LogStream::kStdout;
  // What the container wrote, with its newline if it wrote one.
  std::string data;
  // Not from the container: entries are missing here, `data` says so.
  bool is_gap = false;
};

// Bytes before the text, and where the "F" or "P" is among them.
inline constexpr size_t kLogHeaderBytes = 40;
inline constexpr size_t kLogFlagOffset = 38;
inline constexpr size_t kLogTimeBytes = 30;

// Of the file, without its directory; older ones have ".1", ".2" appended.
inline constexpr char kLogFileName[] = "container.log";

// The time as entries have it, always 30 bytes: times before the year 0 and
// after 9999 are given as its begin and its end.
std::string FormatLogTime(absl::Time time);

// An entry from its line, without the newline that ends the line in the file.
// None if it is not one.
std::optional<LogEntry> ParseLogEntry(absl::string_view line);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_LOG_LOG_ENTRY_H_
