// Reads the log that CriLogWriter writes, while it is written, across all its
// files. Files that are renamed or removed meanwhile are read to their end;
// where some were removed before they were read stands an entry with is_gap.
//
//   GANTRY_ASSIGN_OR_RETURN(auto log, CriLogReader::Open(log_dir, query));
//   while (true) {
//     GANTRY_ASSIGN_OR_RETURN(std::optional<LogEntry> entry, log->Next());
//     if (!entry.has_value()) break;
//     …
//   }
//
// Threads: Next() by one at a time, Cancel() by any.

#ifndef GANTRY_SERVICES_RUNTIME_LOG_CRI_LOG_READER_H_
#define GANTRY_SERVICES_RUNTIME_LOG_CRI_LOG_READER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/fs/unique_fd.h"
#include "services/runtime/log/log_entry.h"

namespace gantry::runtime {

struct LogQuery {
  // Entries from this time on.
  std::optional<absl::Time> since;
  // Entries up to this time, which is included.
  std::optional<absl::Time> until;
  // At most so many lines from the end; all of them if negative.
  int64_t tail = -1;
  // Wait for more at the end.
  bool follow = false;
  // With `follow`: whether nothing will be written any more. Called by Next(),
  // at least ten times a second. Null for never.
  std::function<bool()> is_writer_done;
};

class CriLogReader {
 public:
  // A log without any file is empty, and may begin later.
  //
  // NOT_FOUND: there is no such directory.
  static absl::StatusOr<std::unique_ptr<CriLogReader>> Open(
      const std::string& log_dir, LogQuery query);

  // The next entry; none at the end. With `follow` the end is where the writer
  // is done, or where `until` has passed.
  //
  // CANCELLED: Cancel() was called.
  absl::StatusOr<std::optional<LogEntry>> Next();

  // Whether a complete line was read already, so that Next() returns at once.
  bool HasBuffered() const;

  // Ends a waiting Next() within 100 ms, and all later ones.
  void Cancel() { cancelled_ = true; }

 private:
  CriLogReader(UniqueFd dir, LogQuery query);

  // Opens the file with this number, 0 being the current one; not open if there
  // is none.
  absl::StatusOr<UniqueFd> OpenFile(int index) const;
  // The number that the file `fd` has now; -1 if it was removed.
  int IndexOf(int fd) const;
  // How many files there are, counted from the current one.
  int CountFiles() const;
  // Goes to the oldest file. Without any, `file_` stays closed.
  absl::Status OpenOldest();
  // Goes to where the last `query_.tail` lines begin.
  absl::Status SeekToTail();
  // Reads on in the current file: true if there was something.
  absl::StatusOr<bool> Fill();
  // Goes to the file after the current one: false if there is none.
  absl::StatusOr<bool> NextFile();
  // A complete line of `buffer_`; none if there is none.
  std::optional<absl::string_view> TakeLine();
  // Waits until something happens in the directory, at most 50 ms.
  void WaitForChange();

  const UniqueFd dir_;
  const LogQuery query_;
  // As entries have them; empty for none.
  std::string since_text_;
  std::string until_text_;
  UniqueFd inotify_;
  UniqueFd file_;
  int64_t offset_ = 0;
  std::string buffer_;
  size_t buffer_start_ = 0;
  bool gap_ = false;
  bool ended_ = false;
  std::atomic<bool> cancelled_{false};
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_LOG_CRI_LOG_READER_H_
