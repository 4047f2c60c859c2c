#include "services/runtime/log/cri_log_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "common/fs/file.h"
#include "common/status/status_macros.h"

namespace gantry::runtime {
namespace {

constexpr int64_t kMinFileBytes = 64 << 10;

// A batch's memory is kept for the next one up to this size.
constexpr size_t kKeptBatchBytes = 128 << 10;

}  // namespace

CriLogWriter::CriLogWriter(UniqueFd dir, int64_t max_file_bytes, int max_files)
    : dir_(std::move(dir)),
      max_file_bytes_(std::max(max_file_bytes, kMinFileBytes)),
      max_files_(std::max(max_files, 1)) {}

absl::StatusOr<std::unique_ptr<CriLogWriter>> CriLogWriter::Open(
    const std::string& log_dir, int64_t max_file_bytes, int max_files) {
  GANTRY_ASSIGN_OR_RETURN(UniqueFd dir, OpenDirectory(log_dir));
  auto writer = absl::WrapUnique(
      new CriLogWriter(std::move(dir), max_file_bytes, max_files));
  GANTRY_RETURN_IF_ERROR(writer->OpenCurrent());
  return writer;
}

absl::Status CriLogWriter::OpenCurrent() {
  file_.reset(::openat(
      dir_.get(), kLogFileName,
      O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
      0600));
  if (!file_.is_open()) return absl::ErrnoToStatus(errno, kLogFileName);
  struct stat info;
  if (::fstat(file_.get(), &info) != 0) {
    return absl::ErrnoToStatus(errno, kLogFileName);
  }
  if (!S_ISREG(info.st_mode)) {
    file_.reset();
    return absl::FailedPreconditionError(
        absl::StrCat(kLogFileName, " is not a regular file"));
  }
  file_bytes_ = info.st_size;
  return absl::OkStatus();
}

absl::Status CriLogWriter::Write(LogStream stream, absl::string_view data,
                                 absl::Time now) {
  if (data.empty()) return absl::OkStatus();
  std::string header =
      absl::StrCat(FormatLogTime(now),
                   stream == LogStream::kStdout ? " stdout F " : " stderr F ");
  batch_.clear();
  while (!data.empty()) {
    const absl::string_view window = data.substr(0, kMaxEntryBytes + 1);
    const void* newline = ::memchr(window.data(), '\n', window.size());
    const bool full = newline != nullptr;
    const size_t length = full ? static_cast<const char*>(newline) - data.data()
                               : std::min(data.size(), kMaxEntryBytes);
    const size_t entry_bytes = kLogHeaderBytes + length + 1;
    const int64_t used = file_bytes_ + static_cast<int64_t>(batch_.size());
    if (used > 0 &&
        used + static_cast<int64_t>(entry_bytes) > max_file_bytes_) {
      GANTRY_RETURN_IF_ERROR(Flush());
      GANTRY_RETURN_IF_ERROR(Rotate());
    }
    header[kLogFlagOffset] = full ? 'F' : 'P';
    batch_.append(header);
    batch_.append(data.data(), length);
    batch_.push_back('\n');
    data.remove_prefix(length + (full ? 1 : 0));
  }
  const absl::Status status = Flush();
  if (batch_.capacity() > kKeptBatchBytes) batch_ = std::string();
  return status;
}

absl::Status CriLogWriter::Flush() {
  if (batch_.empty()) return absl::OkStatus();
  // A rotation that failed has left no current file.
  if (!file_.is_open()) GANTRY_RETURN_IF_ERROR(OpenCurrent());
  const absl::Status status = WriteAll(file_.get(), batch_, kLogFileName);
  if (status.ok()) {
    file_bytes_ += batch_.size();
  } else if (::ftruncate(file_.get(), file_bytes_) != 0) {
    file_.reset();
  }
  batch_.clear();
  return status;
}

absl::Status CriLogWriter::Rotate() {
  file_.reset();
  for (int i = max_files_ - 1; i >= 1; --i) {
    const std::string from =
        i == 1 ? kLogFileName : absl::StrCat(kLogFileName, ".", i - 1);
    const std::string to = absl::StrCat(kLogFileName, ".", i);
    if (::renameat(dir_.get(), from.c_str(), dir_.get(), to.c_str()) != 0 &&
        errno != ENOENT) {
      return absl::ErrnoToStatus(errno, from);
    }
  }
  if (max_files_ == 1 && ::unlinkat(dir_.get(), kLogFileName, 0) != 0 &&
      errno != ENOENT) {
    return absl::ErrnoToStatus(errno, kLogFileName);
  }
  return OpenCurrent();
}

}  // namespace gantry::runtime
