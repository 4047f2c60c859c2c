// A stream of bytes that the reader pulls: an archive that a client sends, a
// blob, what comes out of a decompressor.
//
// Threads: one at a time.

#ifndef GANTRY_SERVICES_IMAGE_LAYER_BYTE_SOURCE_H_
#define GANTRY_SERVICES_IMAGE_LAYER_BYTE_SOURCE_H_

#include <algorithm>
#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gantry::image {

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // The bytes that come next, at least one; empty at the end and after it.
  // Valid until the next call. After an error every call fails the same way.
  virtual absl::StatusOr<absl::string_view> Next() = 0;
};

// Bytes in memory, which must outlive it, at most `chunk_bytes` at a time.
class MemoryByteSource : public ByteSource {
 public:
  explicit MemoryByteSource(absl::string_view bytes,
                            size_t chunk_bytes = size_t{256} << 10)
      : rest_(bytes), chunk_bytes_(chunk_bytes) {}

  absl::StatusOr<absl::string_view> Next() override {
    const absl::string_view chunk = rest_.substr(0, chunk_bytes_);
    rest_.remove_prefix(chunk.size());
    return chunk;
  }

 private:
  absl::string_view rest_;
  const size_t chunk_bytes_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_LAYER_BYTE_SOURCE_H_
