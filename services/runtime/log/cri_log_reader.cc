#include "services/runtime/log/cri_log_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "common/fs/file.h"
#include "common/status/status_macros.h"

namespace gantry::runtime {
namespace {

constexpr size_t kReadBytes = 256 << 10;
// More than any writer keeps.
constexpr int kMaxFiles = 1000;
constexpr int kWaitMillis = 50;

std::string FileName(int index) {
  return index == 0 ? std::string(kLogFileName)
                    : absl::StrCat(kLogFileName, ".", index);
}

// Counts lines back from the end of the log, one file after the other.
class TailScanner {
 public:
  explicit TailScanner(int64_t lines) : wanted_(lines) {}

  // Where in this file, the next older one, the wanted lines begin; none if
  // older files have some of them.
  absl::StatusOr<std::optional<int64_t>> Scan(int fd, int64_t size) {
    fd_ = fd;
    position_ = size;
    // What follows the last newline is an entry that is being written.
    bool after_newline = false;
    int64_t line_end = 0;
    while (position_ > 0) {
      GANTRY_RETURN_IF_ERROR(ReadBlockBefore());
      size_t end = block_.size();
      while (end > 0) {
        const void* found = ::memrchr(block_.data(), '\n', end);
        if (found == nullptr) break;
        const size_t newline = static_cast<const char*>(found) - block_.data();
        if (after_newline &&
            IsUnwanted(position_ + static_cast<int64_t>(newline) + 1,
                       line_end)) {
          return line_end + 1;
        }
        after_newline = true;
        line_end = position_ + newline;
        end = newline;
      }
    }
    if (after_newline && IsUnwanted(0, line_end)) return line_end + 1;
    return std::nullopt;
  }

 private:
  absl::Status ReadBlockBefore() {
    const int64_t size = std::min<int64_t>(position_, 64 << 10);
    position_ -= size;
    block_.resize(size);
    const ssize_t got = ::pread(fd_, block_.data(), size, position_);
    if (got < 0) return absl::ErrnoToStatus(errno, kLogFileName);
    block_.resize(got);
    return absl::OkStatus();
  }

  // Whether the entry from `start` to `end` is of a line before the wanted
  // ones.
  bool IsUnwanted(int64_t start, int64_t end) {
    char flag = 'P';
    if (end - start >= static_cast<int64_t>(kLogHeaderBytes) &&
        ::pread(fd_, &flag, 1, start + kLogFlagOffset) != 1) {
      flag = 'P';
    }
    // The log's last entry ends a line whatever it says.
    const bool ends_line = flag == 'F' || !seen_any_;
    seen_any_ = true;
    if (!ends_line) return false;
    return wanted_-- == 0;
  }

  int64_t wanted_;
  bool seen_any_ = false;
  int fd_ = -1;
  int64_t position_ = 0;
  std::string block_;
};

}  // namespace

CriLogReader::CriLogReader(UniqueFd dir, LogQuery query)
    : dir_(std::move(dir)), query_(std::move(query)) {
  if (query_.since.has_value()) since_text_ = FormatLogTime(*query_.since);
  if (query_.until.has_value()) until_text_ = FormatLogTime(*query_.until);
}

absl::StatusOr<std::unique_ptr<CriLogReader>> CriLogReader::Open(
    const std::string& log_dir, LogQuery query) {
  GANTRY_ASSIGN_OR_RETURN(UniqueFd dir, OpenDirectory(log_dir));
  auto reader =
      absl::WrapUnique(new CriLogReader(std::move(dir), std::move(query)));
  if (reader->query_.follow) {
    // Without inotify, as when its instances are used up, the time of
    // WaitForChange is waited.
    reader->inotify_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (reader->inotify_.is_open()) {
      ::inotify_add_watch(reader->inotify_.get(), log_dir.c_str(),
                          IN_MODIFY | IN_CREATE | IN_MOVED_TO);
    }
  }
  if (reader->query_.tail >= 0) {
    GANTRY_RETURN_IF_ERROR(reader->SeekToTail());
  } else {
    GANTRY_RETURN_IF_ERROR(reader->OpenOldest());
  }
  return reader;
}

absl::StatusOr<UniqueFd> CriLogReader::OpenFile(int index) const {
  const std::string name = FileName(index);
  UniqueFd fd(::openat(dir_.get(), name.c_str(),
                       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd.is_open()) {
    if (errno == ENOENT) return UniqueFd();
    return absl::ErrnoToStatus(errno, name);
  }
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return absl::ErrnoToStatus(errno, name);
  if (!S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat(name, " is not a regular file"));
  }
  return fd;
}

int CriLogReader::CountFiles() const {
  // The current file may be missing for a moment while they are renamed.
  int count = 0;
  struct stat info;
  for (int i = 0; i < kMaxFiles; ++i) {
    if (::fstatat(dir_.get(), FileName(i).c_str(), &info,
                  AT_SYMLINK_NOFOLLOW) == 0) {
      count = i + 1;
    } else if (i > count) {
      break;
    }
  }
  return count;
}

int CriLogReader::IndexOf(int fd) const {
  struct stat own;
  if (::fstat(fd, &own) != 0 || own.st_nlink == 0) return -1;
  struct stat info;
  // Files move to higher numbers, so that counting up could miss one that is
  // renamed meanwhile only if it was passed: a second look finds it.
  for (int attempt = 0; attempt < 3; ++attempt) {
    const int count = CountFiles() + 1;
    for (int i = 0; i < count; ++i) {
      if (::fstatat(dir_.get(), FileName(i).c_str(), &info,
                    AT_SYMLINK_NOFOLLOW) == 0 &&
          info.st_ino == own.st_ino && info.st_dev == own.st_dev) {
        return i;
      }
    }
    if (::fstat(fd, &own) != 0 || own.st_nlink == 0) return -1;
  }
  return -1;
}

absl::Status CriLogReader::OpenOldest() {
  for (int i = CountFiles() - 1; i >= 0; --i) {
    GANTRY_ASSIGN_OR_RETURN(file_, OpenFile(i));
    if (file_.is_open()) break;
  }
  offset_ = 0;
  return absl::OkStatus();
}

absl::Status CriLogReader::SeekToTail() {
  TailScanner scanner(query_.tail);
  for (int i = 0; i < CountFiles(); ++i) {
    GANTRY_ASSIGN_OR_RETURN(UniqueFd fd, OpenFile(i));
    if (!fd.is_open()) continue;
    struct stat info;
    if (::fstat(fd.get(), &info) != 0) {
      return absl::ErrnoToStatus(errno, kLogFileName);
    }
    GANTRY_ASSIGN_OR_RETURN(const std::optional<int64_t> start,
                            scanner.Scan(fd.get(), info.st_size));
    file_ = std::move(fd);
    offset_ = start.value_or(0);
    if (start.has_value()) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> CriLogReader::Fill() {
  if (!file_.is_open()) return false;
  buffer_.erase(0, buffer_start_);
  buffer_start_ = 0;
  const size_t old_size = buffer_.size();
  buffer_.resize(old_size + kReadBytes);
  const ssize_t got =
      ::pread(file_.get(), buffer_.data() + old_size, kReadBytes, offset_);
  buffer_.resize(old_size + std::max<ssize_t>(got, 0));
  if (got < 0) return absl::ErrnoToStatus(errno, kLogFileName);
  offset_ += got;
  return got > 0;
}

absl::StatusOr<bool> CriLogReader::NextFile() {
  if (!file_.is_open()) {
    GANTRY_RETURN_IF_ERROR(OpenOldest());
    return file_.is_open();
  }
  const int index = IndexOf(file_.get());
  if (index == 0) return false;
  // The writer is through with this file, but may have written to it after it
  // was read last.
  GANTRY_ASSIGN_OR_RETURN(const bool more, Fill());
  if (more) return true;
  UniqueFd next;
  if (index > 0) {
    GANTRY_ASSIGN_OR_RETURN(next, OpenFile(index - 1));
    // Renamed between the two steps, or not made yet: try again.
    if (!next.is_open() || IndexOf(file_.get()) != index) return false;
    file_ = std::move(next);
    offset_ = 0;
  } else {
    const UniqueFd passed = std::move(file_);
    GANTRY_RETURN_IF_ERROR(OpenOldest());
    if (!file_.is_open()) return false;
    gap_ = true;
  }
  buffer_.clear();
  buffer_start_ = 0;
  return true;
}

std::optional<absl::string_view> CriLogReader::TakeLine() {
  const char* start = buffer_.data() + buffer_start_;
  const size_t size = buffer_.size() - buffer_start_;
  const void* newline = ::memchr(start, '\n', size);
  if (newline == nullptr) return std::nullopt;
  const size_t length = static_cast<const char*>(newline) - start;
  buffer_start_ += length + 1;
  return absl::string_view(start, length);
}

void CriLogReader::WaitForChange() {
  pollfd item = {inotify_.get(), POLLIN, 0};
  if (::poll(&item, inotify_.is_open() ? 1 : 0, kWaitMillis) <= 0) return;
  char events[4096];
  while (::read(inotify_.get(), events, sizeof(events)) > 0) {
  }
}

bool CriLogReader::HasBuffered() const {
  return buffer_.find('\n', buffer_start_) != std::string::npos;
}

absl::StatusOr<std::optional<LogEntry>> CriLogReader::Next() {
  // A writer that died between two files has left no current one.
  int rounds_after_end = 0;
  while (!ended_) {
    if (cancelled_)
      return absl::CancelledError("reading the log was cancelled");
    if (gap_) {
      gap_ = false;
      LogEntry gap;
      gap.time = absl::Now();
      gap.stream = LogStream::kStderr;
      gap.data =
          "entries are missing here: the log was written faster than it was "
          "read\n";
      gap.is_gap = true;
      return gap;
    }
    while (const std::optional<absl::string_view> line = TakeLine()) {
      const absl::string_view time = line->substr(0, kLogTimeBytes);
      if (time < since_text_) continue;
      std::optional<LogEntry> entry = ParseLogEntry(*line);
      if (!entry.has_value()) continue;
      if (!until_text_.empty() && time > until_text_) {
        // Entries are in the order of time.
        ended_ = true;
        return std::nullopt;
      }
      return entry;
    }
    // Asked before the last look at the files, so that nothing is missed.
    const bool done = !query_.follow ||
                      (query_.is_writer_done && query_.is_writer_done()) ||
                      (query_.until.has_value() && absl::Now() > *query_.until);
    GANTRY_ASSIGN_OR_RETURN(const bool more, Fill());
    if (more) continue;
    GANTRY_ASSIGN_OR_RETURN(const bool next, NextFile());
    if (next) continue;
    if (!done) {
      WaitForChange();
    } else if (!file_.is_open() || IndexOf(file_.get()) == 0 ||
               ++rounds_after_end >= 3) {
      break;
    }
  }
  ended_ = true;
  return std::nullopt;
}

}  // namespace gantry::runtime
