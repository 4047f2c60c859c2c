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

// Of the buffer. More makes nothing faster: the kernel copies it anyway.
constexpr size_t kMinBatchBytes = 4 << 10;
constexpr size_t kMaxBatchBytes = 128 << 10;
static_assert(kMaxBatchBytes >
              kLogHeaderBytes + CriLogWriter::kMaxEntryBytes + 1);

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
  batch_bytes_ = 0;
  while (!data.empty()) {
    const size_t window = std::min(data.size(), kMaxEntryBytes + 1);
    const void* newline = ::memchr(data.data(), '\n', window);
    const bool full = newline != nullptr;
    const size_t length = full ? static_cast<const char*>(newline) - data.data()
                               : std::min(data.size(), kMaxEntryBytes);
    GANTRY_RETURN_IF_ERROR(MakeRoom(kLogHeaderBytes + length + 1));
    header[kLogFlagOffset] = full ? 'F' : 'P';
    Append(header.data(), kLogHeaderBytes);
    Append(data.data(), length);
    Append("\n", 1);
    data.remove_prefix(length + (full ? 1 : 0));
  }
  return Flush();
}

absl::Status CriLogWriter::MakeRoom(size_t entry_bytes) {
  const int64_t used = file_bytes_ + static_cast<int64_t>(batch_bytes_);
  if (used > 0 && used + static_cast<int64_t>(entry_bytes) > max_file_bytes_) {
    GANTRY_RETURN_IF_ERROR(Flush());
    GANTRY_RETURN_IF_ERROR(Rotate());
  }
  if (batch_bytes_ + entry_bytes <= batch_capacity_) return absl::OkStatus();
  if (batch_bytes_ + entry_bytes > kMaxBatchBytes)
    GANTRY_RETURN_IF_ERROR(Flush());
  if (batch_capacity_ == kMaxBatchBytes) return absl::OkStatus();
  size_t capacity = std::max(batch_capacity_, kMinBatchBytes);
  while (capacity < batch_bytes_ + entry_bytes) capacity *= 2;
  // For overwrite: nothing is filled with zeros first.
  auto grown = std::make_unique_for_overwrite<char[]>(capacity);
  if (batch_bytes_ > 0) ::memcpy(grown.get(), batch_.get(), batch_bytes_);
  batch_ = std::move(grown);
  batch_capacity_ = capacity;
  return absl::OkStatus();
}

void CriLogWriter::Append(const char* data, size_t size) {
  ::memcpy(batch_.get() + batch_bytes_, data, size);
  batch_bytes_ += size;
}

absl::Status CriLogWriter::Flush() {
  if (batch_bytes_ == 0) return absl::OkStatus();
  const absl::string_view batch(batch_.get(), std::exchange(batch_bytes_, 0));
  // A rotation that failed has left no current file.
  if (!file_.is_open()) GANTRY_RETURN_IF_ERROR(OpenCurrent());
  const absl::Status status = WriteAll(file_.get(), batch, kLogFileName);
  if (status.ok()) {
    file_bytes_ += static_cast<int64_t>(batch.size());
  } else if (::ftruncate(file_.get(), file_bytes_) != 0) {
    file_.reset();
  }
  return status;
}

absl::Status CriLogWriter::Rotate() {
  file_.reset();
  const auto name = [](int index) {
    return index == 0 ? std::string(kLogFileName)
                      : absl::StrCat(kLogFileName, ".", index);
  };
  // The oldest goes first: ext4 writes a file to the disk that is renamed over
  // another.
  const std::string oldest = name(max_files_ - 1);
  if (::unlinkat(dir_.get(), oldest.c_str(), 0) != 0 && errno != ENOENT) {
    return absl::ErrnoToStatus(errno, oldest);
  }
  for (int i = max_files_ - 1; i >= 1; --i) {
    const std::string from = name(i - 1);
    if (::renameat(dir_.get(), from.c_str(), dir_.get(), name(i).c_str()) !=
            0 &&
        errno != ENOENT) {
      return absl::ErrnoToStatus(errno, from);
    }
  }
  return OpenCurrent();
}

}  // namespace gantry::runtime
