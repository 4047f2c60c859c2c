// Unpacks random layers, made of names and links that mean something to a file
// system, beside a directory that must stay as it is. The seed is fixed, so
// that a failure comes again; GANTRY_FUZZ_SEED and GANTRY_FUZZ_COUNT look
// further.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/oci/digest.h"
#include "common/testing/status_matchers.h"
#include "services/image/layer/byte_source.h"
#include "services/image/layer/layer_fixture.h"
#include "services/image/layer/layer_store.h"
#include "services/image/layer/tar_builder.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  int64_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : otherwise;
}

class LayerFuzzTest : public ::testing::Test {
 protected:
  size_t Below(size_t limit) { return random_() % limit; }

  std::string Pick(const std::vector<std::string>& from) {
    return from[Below(from.size())];
  }

  // A path of a few parts, some of which lead elsewhere.
  std::string Path() {
    const std::vector<std::string> parts = {
        "a",  "a",  "b",     "b",     "c",    "canary", "dir",          ".",
        "..", "",   ".wh.a", ".wh.b", ".wh.", ".wh..",  ".wh..wh..opq", "a",
        "b",  "..."};
    std::string path = Below(8) == 0 ? "/" : "";
    if (Below(12) == 0) path = layers_.outside() + "/";
    for (size_t i = Below(4) + 1; i > 0; --i)
      absl::StrAppend(&path, Pick(parts), i > 1 ? "/" : "");
    return path;
  }

  std::string Target() {
    const std::string out = layers_.outside();
    const std::string up = "../../../../../../../../../..";
    return Pick({out, out + "/canary", out + "/dir", up + out,
                 up + out + "/canary", "/", "..", ".", "a", "b", "/a", "../a",
                 "/a/b", "c", Path()});
  }

  TarEntry Entry() {
    TarEntry entry;
    entry.type = "0001122255537"[Below(13)];
    entry.name = Path();
    if (entry.type == '1' || entry.type == '2') entry.link = Target();
    if (entry.type == '1' && Below(2) == 0) entry.link = Path();
    if (entry.type == '0') entry.content = std::string(Below(3) * 300, 'x');
    entry.mode = static_cast<mode_t>(Below(010000));
    entry.uid = Below(20) == 0 ? int64_t{1} << 32 : 1;
    entry.major = static_cast<unsigned>(Below(2));
    if (Below(10) == 0)
      entry.records = {{"SCHILY.xattr.user.x", "y"},
                       {"SCHILY.xattr.trusted.overlay.opaque", "y"}};
    return entry;
  }

  std::string Tar() {
    TarBuilder builder;
    for (size_t i = Below(14) + 1; i > 0; --i) builder.Add(Entry());
    std::string tar = builder.Finish();
    // Some are damaged, too.
    if (Below(6) == 0) {
      for (size_t i = Below(8) + 1; i > 0; --i)
        tar[Below(tar.size())] = static_cast<char>(Below(256));
    }
    if (Below(12) == 0) tar.resize(Below(tar.size()));
    return tar;
  }

  LayerFixture layers_;
  std::minstd_rand random_{
      static_cast<unsigned>(FromEnvironment("GANTRY_FUZZ_SEED", 1))};
};

TEST_F(LayerFuzzTest, NothingOutsideChangesAndNothingIsLeft) {
  const int64_t count = FromEnvironment("GANTRY_FUZZ_COUNT", 5'000);
  int accepted_count = 0;
  for (int64_t i = 0; i < count; ++i) {
    const std::string tar = Tar();
    // What is accepted is flushed to the disk, which takes long: only some.
    const bool is_right = i % 250 == 0;
    MemoryByteSource source(tar, 700);
    const absl::StatusOr<LayerInfo> info = layers_.store().Unpack(
        source, oci::Digest::Of(is_right ? tar : "another"), {});
    if (info.ok()) {
      ++accepted_count;
      ASSERT_THAT(layers_.store().Remove(info->diff_id), IsOk());
    }
    ASSERT_NE(info.status().code(), absl::StatusCode::kInternal)
        << i << ": " << info.status();
    ASSERT_EQ(layers_.Outside(), layers_.untouched()) << i;
    ASSERT_TRUE(layers_.Stored().empty()) << i;
  }
  EXPECT_GT(accepted_count, 0);
}

}  // namespace
}  // namespace gantry::image
