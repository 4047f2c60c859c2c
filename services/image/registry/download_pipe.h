// A download on its way to whoever unpacks it: a bounded buffer between two
// threads, so that neither waits for the whole.
//
// Threads: one writes, another reads.

#ifndef GANTRY_SERVICES_IMAGE_REGISTRY_DOWNLOAD_PIPE_H_
#define GANTRY_SERVICES_IMAGE_REGISTRY_DOWNLOAD_PIPE_H_

#include <cstddef>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/sync/mutex.h"
#include "services/image/layer/byte_source.h"

namespace gantry::image {

class DownloadPipe : public ByteSource {
 public:
  explicit DownloadPipe(size_t capacity_bytes);

  // Waits for room. CANCELLED: the reader has left.
  absl::Status Write(absl::string_view bytes);
  // Nothing more comes: the reader sees the end, or `status` if it is a
  // failure.
  void CloseWriter(const absl::Status& status);

  // Waits for bytes, or for the end.
  absl::StatusOr<absl::string_view> Next() override;
  // Reads to the end, or to the failure.
  absl::Status Drain();
  void CloseReader();

 private:
  const size_t capacity_;
  // A ring of which `size_` bytes from `begin_` on are filled.
  const std::unique_ptr<char[]> buffer_;
  Mutex mu_;
  CondVar changed_;
  size_t begin_ ABSL_GUARDED_BY(mu_) = 0;
  size_t size_ ABSL_GUARDED_BY(mu_) = 0;
  // What Next gave out last: still in the buffer.
  size_t given_ ABSL_GUARDED_BY(mu_) = 0;
  bool writer_closed_ ABSL_GUARDED_BY(mu_) = false;
  bool reader_closed_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status end_ ABSL_GUARDED_BY(mu_);
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_REGISTRY_DOWNLOAD_PIPE_H_
