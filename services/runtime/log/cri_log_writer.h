// Writes a container's output to LOG_DIR/container.log in the format of
// log_entry.h, and keeps a bounded number of files of bounded size: the current
// one, container.log.1 (the one before it), container.log.2 and so on.
//
// Each call writes what it got at once, in one system call unless files change
// or it is more than a buffer takes: nothing is held back, so that a reader
// sees an unfinished line too. The buffer stays below 130 KiB whatever is
// written.
//
// Threads: one at a time.

#ifndef GANTRY_SERVICES_RUNTIME_LOG_CRI_LOG_WRITER_H_
#define GANTRY_SERVICES_RUNTIME_LOG_CRI_LOG_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/fs/unique_fd.h"
#include "services/runtime/log/log_entry.h"

namespace gantry::runtime {

class CriLogWriter {
 public:
  // Longer lines are written as several entries.
  static constexpr size_t kMaxEntryBytes = 16 << 10;

  // Goes on at the end of a file that is there. `max_files` counts the current
  // one; both limits are raised to what makes sense.
  //
  // FAILED_PRECONDITION: container.log is not a regular file.
  static absl::StatusOr<std::unique_ptr<CriLogWriter>> Open(
      const std::string& log_dir, int64_t max_file_bytes, int max_files);

  // Writes `data`, any piece of a stream. If that fails the piece is lost; what
  // is in the file stays whole entries.
  absl::Status Write(LogStream stream, absl::string_view data, absl::Time now);

 private:
  CriLogWriter(UniqueFd dir, int64_t max_file_bytes, int max_files);

  absl::Status OpenCurrent();
  // Makes room in the buffer and in the file for an entry of so many bytes.
  absl::Status MakeRoom(size_t entry_bytes);
  void Append(const char* data, size_t size);
  absl::Status Flush();
  absl::Status Rotate();

  const UniqueFd dir_;
  const int64_t max_file_bytes_;
  const int max_files_;
  UniqueFd file_;
  int64_t file_bytes_ = 0;
  // Entries that the call which runs has made and not written: the first
  // `batch_bytes_` of the buffer, which grows to what is needed.
  std::unique_ptr<char[]> batch_;
  size_t batch_capacity_ = 0;
  size_t batch_bytes_ = 0;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_LOG_CRI_LOG_WRITER_H_
