#include "services/image/layer/decompressor.h"

#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace gantry::image {
namespace {

constexpr size_t kOutputBytes = 256 << 10;
constexpr size_t kMagicBytes = 4;
constexpr absl::string_view kGzipMagic("\x1f\x8b", 2);
constexpr absl::string_view kZstdMagic("\x28\xb5\x2f\xfd", 4);

// Gives back what was read to look at the first bytes.
class PrefixedSource : public ByteSource {
 public:
  PrefixedSource(std::string prefix, ByteSource& rest)
      : prefix_(std::move(prefix)), rest_(rest) {}

  absl::StatusOr<absl::string_view> Next() override {
    if (!given_ && !prefix_.empty()) {
      given_ = true;
      return absl::string_view(prefix_);
    }
    return rest_.Next();
  }

 private:
  const std::string prefix_;
  ByteSource& rest_;
  bool given_ = false;
};

// Knows how many bytes went through it.
class CountingSource : public ByteSource {
 public:
  explicit CountingSource(std::unique_ptr<ByteSource> source)
      : source_(std::move(source)) {}

  absl::StatusOr<absl::string_view> Next() override {
    GANTRY_ASSIGN_OR_RETURN(const absl::string_view chunk, source_->Next());
    bytes_ += static_cast<int64_t>(chunk.size());
    return chunk;
  }

  int64_t bytes() const { return bytes_; }

 private:
  const std::unique_ptr<ByteSource> source_;
  int64_t bytes_ = 0;
};

// Ends a stream that grows too much.
class LimitedSource : public ByteSource {
 public:
  // `input` is what `inflated` reads from, and lives as long.
  LimitedSource(std::unique_ptr<ByteSource> inflated,
                const CountingSource& input, const InflateLimits& limits)
      : inflated_(std::move(inflated)), input_(input), limits_(limits) {}

  absl::StatusOr<absl::string_view> Next() override {
    if (!status_.ok()) return status_;
    GANTRY_ASSIGN_OR_RETURN(const absl::string_view chunk, inflated_->Next());
    bytes_ += static_cast<int64_t>(chunk.size());
    if (bytes_ > limits_.free_bytes &&
        bytes_ / limits_.max_ratio > input_.bytes()) {
      status_ = absl::ResourceExhaustedError(
          absl::StrCat("the compressed stream grows to more than ",
                       limits_.free_bytes, " bytes and ", limits_.max_ratio,
                       " times its size; send such data uncompressed"));
      return status_;
    }
    return chunk;
  }

 private:
  const std::unique_ptr<ByteSource> inflated_;
  const CountingSource& input_;
  const InflateLimits limits_;
  int64_t bytes_ = 0;
  absl::Status status_;
};

absl::Status CutOff(absl::string_view format) {
  return absl::DataLossError(
      absl::StrCat("the ", format, " stream is cut off"));
}

class GzipSource : public ByteSource {
 public:
  explicit GzipSource(std::unique_ptr<ByteSource> source)
      : source_(std::move(source)), output_(kOutputBytes, '\0') {
    StartMember();
  }

  absl::StatusOr<absl::string_view> Next() override {
    if (!status_.ok()) return status_;
    absl::StatusOr<absl::string_view> result = Inflate();
    if (!result.ok()) status_ = result.status();
    return result;
  }

 private:
  void StartMember() {
    isal_inflate_init(&state_);
    state_.crc_flag = ISAL_GZIP;
    in_member_ = false;
  }

  absl::StatusOr<absl::string_view> Inflate() {
    state_.next_out = reinterpret_cast<uint8_t*>(output_.data());
    state_.avail_out = kOutputBytes;
    while (state_.avail_out == kOutputBytes) {
      if (input_.empty()) {
        GANTRY_ASSIGN_OR_RETURN(input_, source_->Next());
        if (input_.empty()) {
          if (in_member_) return CutOff("gzip");
          return absl::string_view();
        }
      }
      // Some writers pad with zeros after the last member.
      if (!in_member_ && after_first_ && input_.front() == '\0') {
        input_.remove_prefix(1);
        continue;
      }
      GANTRY_RETURN_IF_ERROR(Step());
    }
    return absl::string_view(output_).substr(0,
                                             kOutputBytes - state_.avail_out);
  }

  absl::Status Step() {
    in_member_ = true;
    state_.next_in =
        reinterpret_cast<uint8_t*>(const_cast<char*>(input_.data()));
    state_.avail_in =
        static_cast<uint32_t>(std::min<size_t>(input_.size(), 1 << 30));
    const uint32_t given = state_.avail_in;
    const int result = isal_inflate(&state_);
    if (result < 0) {
      return absl::DataLossError(absl::StrCat(
          "the gzip stream is damaged (isal_inflate: ", result, ")"));
    }
    input_.remove_prefix(given - state_.avail_in);
    if (state_.block_state == ISAL_BLOCK_FINISH) {
      uint8_t* const next_out = state_.next_out;
      const uint32_t avail_out = state_.avail_out;
      StartMember();
      state_.next_out = next_out;
      state_.avail_out = avail_out;
      after_first_ = true;
    }
    return absl::OkStatus();
  }

  const std::unique_ptr<ByteSource> source_;
  inflate_state state_;
  std::string output_;
  absl::string_view input_;
  // Whether bytes of a member were read whose end was not.
  bool in_member_ = false;
  bool after_first_ = false;
  absl::Status status_;
};

class ZstdSource : public ByteSource {
 public:
  explicit ZstdSource(std::unique_ptr<ByteSource> source)
      : source_(std::move(source)), output_(kOutputBytes, '\0') {
    // A window of more than 128 MiB is refused: memory must not be the
    // archive's choice.
    ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, 27);
  }
  ~ZstdSource() override { ZSTD_freeDStream(stream_); }

  absl::StatusOr<absl::string_view> Next() override {
    if (!status_.ok()) return status_;
    absl::StatusOr<absl::string_view> result = Decompress();
    if (!result.ok()) status_ = result.status();
    return result;
  }

 private:
  absl::StatusOr<absl::string_view> Decompress() {
    ZSTD_outBuffer out = {output_.data(), kOutputBytes, 0};
    while (out.pos == 0) {
      // What is still inside comes out without new input.
      if (input_.empty() && !more_inside_) {
        GANTRY_ASSIGN_OR_RETURN(input_, source_->Next());
        if (input_.empty()) {
          if (in_frame_) return CutOff("zstd");
          return absl::string_view();
        }
      }
      ZSTD_inBuffer in = {input_.data(), input_.size(), 0};
      const size_t left = ZSTD_decompressStream(stream_, &out, &in);
      if (ZSTD_isError(left) != 0) {
        return absl::DataLossError(absl::StrCat("the zstd stream is damaged: ",
                                                ZSTD_getErrorName(left)));
      }
      input_.remove_prefix(in.pos);
      in_frame_ = left != 0;
      more_inside_ = out.pos == out.size;
    }
    return absl::string_view(output_).substr(0, out.pos);
  }

  const std::unique_ptr<ByteSource> source_;
  ZSTD_DStream* const stream_ = ZSTD_createDStream();
  std::string output_;
  absl::string_view input_;
  bool in_frame_ = false;
  bool more_inside_ = false;
  absl::Status status_;
};

}  // namespace

Compression DetectCompression(absl::string_view begin) {
  if (absl::StartsWith(begin, kGzipMagic)) return Compression::kGzip;
  if (absl::StartsWith(begin, kZstdMagic)) return Compression::kZstd;
  return Compression::kNone;
}

absl::StatusOr<std::unique_ptr<ByteSource>> OpenDecompressed(
    ByteSource& source, const InflateLimits& limits) {
  std::string begin;
  while (begin.size() < kMagicBytes) {
    GANTRY_ASSIGN_OR_RETURN(const absl::string_view chunk, source.Next());
    if (chunk.empty()) break;
    begin.append(chunk.data(), chunk.size());
  }
  const Compression compression = DetectCompression(begin);
  auto whole = std::make_unique<PrefixedSource>(std::move(begin), source);
  if (compression == Compression::kNone) return whole;
  auto input = std::make_unique<CountingSource>(std::move(whole));
  const CountingSource& counter = *input;
  std::unique_ptr<ByteSource> inflated;
  if (compression == Compression::kGzip) {
    inflated = std::make_unique<GzipSource>(std::move(input));
  } else {
    inflated = std::make_unique<ZstdSource>(std::move(input));
  }
  return std::make_unique<LimitedSource>(std::move(inflated), counter, limits);
}

}  // namespace gantry::image
