#include "services/image/registry/download_pipe.h"

#include <algorithm>
#include <cstring>

#include "common/status/status_macros.h"

namespace gantry::image {
namespace {

// Of what Next gives out at once: the writer can fill the rest meanwhile.
constexpr size_t kShare = 4;

}  // namespace

DownloadPipe::DownloadPipe(size_t capacity_bytes)
    : capacity_(capacity_bytes), buffer_(new char[capacity_bytes]) {}

absl::Status DownloadPipe::Write(absl::string_view bytes) {
  while (!bytes.empty()) {
    size_t at = 0;
    size_t count = 0;
    {
      MutexLock lock(mu_);
      while (size_ == capacity_ && !reader_closed_) changed_.wait(lock);
      if (reader_closed_) return absl::CancelledError("nobody reads any more");
      at = (begin_ + size_) % capacity_;
      count = std::min({bytes.size(), capacity_ - size_, capacity_ - at});
    }
    // This part of the ring is the writer's alone until it is counted.
    std::memcpy(buffer_.get() + at, bytes.data(), count);
    bytes.remove_prefix(count);
    MutexLock lock(mu_);
    size_ += count;
    changed_.notify_all();
  }
  return absl::OkStatus();
}

void DownloadPipe::CloseWriter(const absl::Status& status) {
  MutexLock lock(mu_);
  writer_closed_ = true;
  end_ = status;
  changed_.notify_all();
}

absl::StatusOr<absl::string_view> DownloadPipe::Next() {
  MutexLock lock(mu_);
  if (given_ > 0) {
    begin_ = (begin_ + given_) % capacity_;
    size_ -= given_;
    given_ = 0;
    changed_.notify_all();
  }
  while (size_ == 0 && !writer_closed_) changed_.wait(lock);
  if (size_ == 0) {
    GANTRY_RETURN_IF_ERROR(end_);
    return absl::string_view();
  }
  given_ = std::min({size_, capacity_ - begin_, capacity_ / kShare + 1});
  return absl::string_view(buffer_.get() + begin_, given_);
}

absl::Status DownloadPipe::Drain() {
  while (true) {
    GANTRY_ASSIGN_OR_RETURN(const absl::string_view bytes, Next());
    if (bytes.empty()) return absl::OkStatus();
  }
}

void DownloadPipe::CloseReader() {
  MutexLock lock(mu_);
  reader_closed_ = true;
  changed_.notify_all();
}

}  // namespace gantry::image
