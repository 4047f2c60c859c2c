// What is inside a stream that may be compressed with gzip or zstd, told by its
// first bytes; anything else is passed through.
//
// gzip by ISA-L, several members one after the other allowed (RFC 1952); zstd
// by libzstd, several frames allowed (RFC 8878).

#ifndef GANTRY_SERVICES_IMAGE_LAYER_DECOMPRESSOR_H_
#define GANTRY_SERVICES_IMAGE_LAYER_DECOMPRESSOR_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/image/layer/byte_source.h"
#include "services/image/layer/inflate_limits.h"

namespace gantry::image {

enum class Compression { kNone, kGzip, kZstd };

// By the first bytes of a stream; four are enough.
Compression DetectCompression(absl::string_view begin);

// `source` must outlive what is returned, whose Next fails with
// DATA_LOSS: the stream is damaged or cut off.
// RESOURCE_EXHAUSTED: it grows beyond `limits`.
absl::StatusOr<std::unique_ptr<ByteSource>> OpenDecompressed(
    ByteSource& source, const InflateLimits& limits = {});

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_LAYER_DECOMPRESSOR_H_
