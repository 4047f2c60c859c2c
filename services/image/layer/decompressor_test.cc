#include "services/image/layer/decompressor.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "common/testing/status_matchers.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

std::string Gzip(const std::string& data) {
  z_stream stream = {};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, data.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Zstd(const std::string& data) {
  std::string out(ZSTD_compressBound(data.size()), '\0');
  out.resize(
      ZSTD_compress(out.data(), out.size(), data.data(), data.size(), 3));
  return out;
}

std::string Sample() {
  std::string data;
  for (int i = 0; i < 200000; ++i) data += std::to_string(i * 7919);
  return data;
}

absl::StatusOr<std::string> ReadAll(absl::string_view bytes,
                                    size_t chunk_bytes) {
  MemoryByteSource source(bytes, chunk_bytes);
  auto opened = OpenDecompressed(source);
  if (!opened.ok()) return opened.status();
  std::string all;
  while (true) {
    const auto chunk = (*opened)->Next();
    if (!chunk.ok()) return chunk.status();
    if (chunk->empty()) return all;
    all.append(chunk->data(), chunk->size());
  }
}

TEST(DecompressorTest, EveryFormInAnyPieces) {
  const std::string data = Sample();
  for (const size_t chunk_bytes : {size_t{1}, size_t{1000}, size_t{1} << 20}) {
    const std::string part = chunk_bytes == 1 ? data.substr(0, 20000) : data;
    EXPECT_EQ(ReadAll(part, chunk_bytes).value(), part);
    EXPECT_EQ(ReadAll(Gzip(part), chunk_bytes).value(), part);
    EXPECT_EQ(ReadAll(Zstd(part), chunk_bytes).value(), part);
  }
}

TEST(DecompressorTest, MembersFollowEachOther) {
  EXPECT_EQ(ReadAll(Gzip("one") + Gzip("") + Gzip("two"), 3).value(), "onetwo");
  EXPECT_EQ(ReadAll(Gzip("one") + std::string(100, '\0'), 7).value(), "one");
  EXPECT_EQ(ReadAll(Zstd("one") + Zstd("two"), 3).value(), "onetwo");
}

TEST(DecompressorTest, CutOffStreamsAreRefused) {
  const std::string data = Sample();
  for (const std::string& whole : {Gzip(data), Zstd(data)}) {
    for (const size_t cut :
         {size_t{1}, size_t{4}, whole.size() / 2, whole.size() - 10}) {
      EXPECT_THAT(ReadAll(whole.substr(0, whole.size() - cut), 4096),
                  StatusIs(absl::StatusCode::kDataLoss));
    }
  }
}

TEST(DecompressorTest, DamagedStreamsAreRefused) {
  const std::string data = Sample();
  for (std::string whole : {Gzip(data), Zstd(data)}) {
    whole[whole.size() / 2] = static_cast<char>(whole[whole.size() / 2] ^ 0x55);
    EXPECT_FALSE(ReadAll(whole, 4096).ok());
  }
  EXPECT_FALSE(ReadAll(Gzip("one") + "garbage", 4096).ok());
}

TEST(DecompressorTest, EmptyStreamIsEmpty) {
  EXPECT_EQ(ReadAll("", 10).value(), "");
}

}  // namespace
}  // namespace gantry::image
