// Attacks on the unpacker that are not about one name: races, floods, bombs,
// damaged streams.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <atomic>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/fs/file.h"
#include "common/oci/digest.h"
#include "common/testing/status_matchers.h"
#include "services/image/layer/byte_source.h"
#include "services/image/layer/decompressor.h"
#include "services/image/layer/layer_fixture.h"
#include "services/image/layer/tar_builder.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

std::string Gzip(absl::string_view data) {
  z_stream stream = {};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
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

// Gives the same bytes again and again.
class RepeatedSource : public ByteSource {
 public:
  RepeatedSource(std::string bytes, int count)
      : bytes_(std::move(bytes)), left_(count) {}
  absl::StatusOr<absl::string_view> Next() override {
    if (left_ == 0) return absl::string_view();
    --left_;
    return absl::string_view(bytes_);
  }

 private:
  const std::string bytes_;
  int left_;
};

class LayerAttackTest : public ::testing::Test {
 protected:
  void ExpectUnharmed() {
    EXPECT_TRUE(layers_.Stored().empty());
    EXPECT_EQ(layers_.Outside(), layers_.untouched());
    EXPECT_THAT(layers_.Unpack(TarBuilder().File("a", "next").Finish()),
                IsOk());
  }

  LayerFixture layers_;
};

// Swaps what is being unpacked for links that lead outside.
class Attacker {
 public:
  Attacker(std::string store_dir, std::string outside)
      : store_dir_(std::move(store_dir)),
        outside_(std::move(outside)),
        thread_([this] { Run(); }) {}
  ~Attacker() {
    done_ = true;
    thread_.join();
  }

  int swap_count() const { return swap_count_; }

 private:
  void Run() {
    while (!done_) {
      const auto names = ListDirectory(store_dir_);
      if (!names.ok()) continue;
      for (const std::string& name : *names) {
        if (absl::StartsWith(name, ".new-"))
          Swap(absl::StrCat(store_dir_, "/", name, "/tree"));
      }
    }
  }

  void Swap(const std::string& tree) {
    const std::string link = tree + "/swap";
    for (const char* target : {"/dir", "/canary"}) {
      if (::symlink((outside_ + target).c_str(), link.c_str()) != 0) return;
      for (const char* name : {"/d", "/d/e", "/f", "/d/f"}) {
        const std::string path = tree + name;
        if (::renameat2(AT_FDCWD, link.c_str(), AT_FDCWD, path.c_str(),
                        RENAME_EXCHANGE) != 0) {
          continue;
        }
        ++swap_count_;
        ::renameat2(AT_FDCWD, link.c_str(), AT_FDCWD, path.c_str(),
                    RENAME_EXCHANGE);
      }
      ::unlink(link.c_str());
    }
  }

  const std::string store_dir_;
  const std::string outside_;
  std::atomic<bool> done_{false};
  std::atomic<int> swap_count_{0};
  std::thread thread_;
};

// CVE-2025-47290: a check, and a use after what was checked had changed.
TEST_F(LayerAttackTest, NamesThatAreSwappedMeanwhileLeadNowhere) {
  TarBuilder builder;
  for (int i = 0; i < 8; ++i) {
    builder.Directory("d", 0777)
        .Directory("d/e", 0777)
        .File("f", "dead", 0777)
        .File("d/f", "dead", 0777)
        .File("d/e/canary", "dead", 0777)
        .File("d/canary", "dead", 0777)
        .HardLink("d/e/h", "f", 0777)
        .File("d/.wh.gone", "")
        .File("d/e/.wh..wh..opq", "");
  }
  const std::string tar = builder.Finish();
  int swap_count = 0;
  {
    Attacker attacker(layers_.store_dir(), layers_.outside());
    for (int i = 0; i < 1000 || attacker.swap_count() == 0; ++i) {
      // To be flushed takes longest: only some are accepted.
      MemoryByteSource source(tar);
      const auto info = layers_.store().Unpack(
          source, oci::Digest::Of(i % 100 == 0 ? tar : "another"), {});
      if (info.ok()) {
        EXPECT_THAT(layers_.store().Remove(info->diff_id), IsOk());
      }
    }
    swap_count = attacker.swap_count();
  }
  EXPECT_GT(swap_count, 0);
  EXPECT_EQ(layers_.Outside(), layers_.untouched());
}

// CVE-2026-95838: the cost of one more must not grow with how many there were.
TEST_F(LayerAttackTest, AHundredThousandOpaqueWhiteoutsAreLinear) {
  TarBuilder builder;
  for (int i = 0; i < 100; ++i) {
    const std::string name = absl::StrCat("d", i);
    builder.Directory(name);
    for (int j = 0; j < 1000; ++j) builder.File(name + "/.wh..wh..opq", "");
  }
  const std::string tree = layers_.Tree(builder.Finish());
  EXPECT_TRUE(IsOpaqueAt(tree + "/d99"));
}

TEST_F(LayerAttackTest, AHundredThousandDirectoriesThatEntriesImplyAreCounted) {
  TarBuilder builder;
  for (int i = 0; i < 100; ++i)
    builder.File(absl::StrCat(i, "/a/b/c/d/e/f/g/h/i/j"), "");
  LayerLimits limits;
  limits.max_entries = 1000;
  EXPECT_THAT(layers_.Unpack(builder.Finish(), limits),
              StatusIs(absl::StatusCode::kResourceExhausted));
  ExpectUnharmed();
}

// CVE-2017-14992: ten gigabytes of zeros in ten megabytes.
TEST_F(LayerAttackTest, ABombIsRefusedByItsRatio) {
  RepeatedSource bomb(Gzip(std::string(10 << 20, '\0')), 1000);
  auto inflated = OpenDecompressed(bomb);
  ASSERT_THAT(inflated, IsOk());
  absl::Status status;
  int64_t bytes = 0;
  while (true) {
    const auto chunk = (*inflated)->Next();
    status = chunk.status();
    if (!chunk.ok() || chunk->empty()) break;
    bytes += static_cast<int64_t>(chunk->size());
  }
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_LE(bytes, InflateLimits().free_bytes);
}

TEST_F(LayerAttackTest, ALayerThatIsABombLeavesNothing) {
  LayerLimits limits;
  limits.inflate.free_bytes = 1 << 20;
  const std::string tar =
      TarBuilder().File("zeros", std::string(8 << 20, '\0')).Finish();
  const std::string packed = Gzip(tar);
  MemoryByteSource source(packed);
  EXPECT_THAT(layers_.store().Unpack(source, oci::Digest::Of(tar), limits),
              StatusIs(absl::StatusCode::kResourceExhausted));
  ExpectUnharmed();
}

TEST_F(LayerAttackTest, AFileThatClaimsMoreThanTheLimitIsRefused) {
  TarEntry entry;
  entry.name = "big";
  TarBuilder builder;
  builder.AddRaw(TarHeader(entry, int64_t{1} << 40));
  EXPECT_THAT(layers_.Unpack(builder.Finish()),
              StatusIs(absl::StatusCode::kResourceExhausted));
  ExpectUnharmed();
}

// CVE-2021-20291: nothing hangs, whatever is missing.
TEST_F(LayerAttackTest, CutOffStreamsLeaveTheStoreUsable) {
  std::string content;
  for (int i = 0; i < 3000; ++i) absl::StrAppend(&content, i * 7919, " ");
  const std::string tar =
      TarBuilder().Directory("d").File("d/f", content).Finish();
  const oci::Digest digest = oci::Digest::Of(tar);
  for (const std::string& whole : {tar, Gzip(tar)}) {
    for (size_t size = 0; size < whole.size() - 1024; size += 509) {
      MemoryByteSource source(absl::string_view(whole).substr(0, size), 700);
      EXPECT_FALSE(layers_.store().Unpack(source, digest, {}).ok()) << size;
      ASSERT_TRUE(layers_.Stored().empty()) << size;
    }
  }
  ExpectUnharmed();
}

TEST_F(LayerAttackTest, DamagedStreamsLeaveTheStoreUsable) {
  const std::string tar = TarBuilder()
                              .Directory("d")
                              .File("d/f", std::string(3000, 'x'))
                              .Link("l", std::string(200, 'y'))
                              .Finish();
  const oci::Digest digest = oci::Digest::Of(tar);
  for (const std::string& whole : {tar, Gzip(tar)}) {
    for (size_t at = 0; at < whole.size(); at += 7) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
      MemoryByteSource source(damaged, 700);
      // A bit of gzip's header that says nothing of the content.
      const auto info = layers_.store().Unpack(source, digest, {});
      if (info.ok()) {
        EXPECT_THAT(layers_.store().Remove(digest), IsOk());
      }
      ASSERT_TRUE(layers_.Stored().empty()) << at;
    }
  }
  ExpectUnharmed();
}

// The blocks of zeros at the end are missing, and a whole entry.
TEST_F(LayerAttackTest, ATarThatEndsBetweenEntriesIsNotTheLayer) {
  const std::string first = TarBuilder().File("a", "1").Finish();
  const std::string both = TarBuilder().File("a", "1").File("b", "2").Finish();
  MemoryByteSource source(absl::string_view(first).substr(0, 1024));
  EXPECT_THAT(layers_.store().Unpack(source, oci::Digest::Of(both), {}),
              StatusIs(absl::StatusCode::kDataLoss));
  ExpectUnharmed();
}

TEST_F(LayerAttackTest, AHeaderWithoutEndIsRefused) {
  // Long names that follow one another belong to one entry.
  TarEntry header;
  header.name = "././@LongLink";
  header.type = 'L';
  const std::string name(1 << 19, 'n');
  TarBuilder builder;
  for (int i = 0; i < 100; ++i) {
    builder.AddRaw(TarHeader(header, static_cast<int64_t>(name.size())))
        .AddRaw(name);
  }
  EXPECT_THAT(layers_.Unpack(builder.File("a", "").Finish()),
              StatusIs(absl::StatusCode::kInvalidArgument));
  ExpectUnharmed();
}

TEST_F(LayerAttackTest, LinksThatNestDirectoriesBeyondAnyPathAreRefused) {
  std::string deep;
  for (int i = 0; i < 1500; ++i) absl::StrAppend(&deep, i == 0 ? "" : "/", "a");
  TarBuilder builder;
  builder.Directory(deep).Link("l", deep).Directory("l/" + deep);
  EXPECT_THAT(layers_.Unpack(builder.Finish()),
              StatusIs(absl::StatusCode::kInvalidArgument));
  ExpectUnharmed();
}

}  // namespace
}  // namespace gantry::image
