// Image archives that lie, flood or contradict themselves: each is refused, and
// nothing of it stays.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "common/fs/temp_dir.h"
#include "common/oci/digest.h"
#include "common/oci/manifest.h"
#include "common/testing/status_matchers.h"
#include "services/image/content/fake_blob_store.h"
#include "services/image/layer/byte_source.h"
#include "services/image/layer/tar_builder.h"
#include "services/image/layer/tree_layer_store.h"
#include "services/image/transfer/archive_importer.h"
#include "services/image/transfer/image_sink.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

class CountingSink : public ImageSink {
 public:
  absl::Status Put(const ImportedImage&) override {
    ++count;
    return absl::OkStatus();
  }
  int count = 0;
};

// Removes what is discarded, as the garbage collector would.
class RemovingGuard : public ImportGuard {
 public:
  RemovingGuard(BlobStore& blobs, LayerStore& layers)
      : blobs_(blobs), layers_(layers) {}
  absl::Status PinBlob(const oci::Digest&) override { return absl::OkStatus(); }
  absl::Status PinLayer(const oci::Digest&) override {
    return absl::OkStatus();
  }
  void Discard(const std::vector<oci::Digest>& blobs,
               const std::vector<oci::Digest>& layers) override {
    for (const oci::Digest& digest : blobs) blobs_.Delete(digest).IgnoreError();
    for (const oci::Digest& digest : layers)
      layers_.Remove(digest).IgnoreError();
  }

 private:
  BlobStore& blobs_;
  LayerStore& layers_;
};

// A beginning, and then zeros without end.
class EndlessSource : public ByteSource {
 public:
  explicit EndlessSource(std::string begin) : begin_(std::move(begin)) {}
  absl::StatusOr<absl::string_view> Next() override {
    if (taken_bytes_ == 0) {
      taken_bytes_ = static_cast<int64_t>(begin_.size());
      return absl::string_view(begin_);
    }
    taken_bytes_ += static_cast<int64_t>(zeros_.size());
    return absl::string_view(zeros_);
  }
  int64_t taken_bytes() const { return taken_bytes_; }

 private:
  const std::string begin_;
  const std::string zeros_ = std::string(64 << 10, '\0');
  int64_t taken_bytes_ = 0;
};

std::string DescriptorOf(const std::string& type, const std::string& data) {
  return absl::StrCat(R"({"mediaType":")", type, R"(","digest":")",
                      oci::Digest::Of(data).ToString(), R"(","size":)",
                      data.size(), "}");
}

std::string BlobName(const std::string& data) {
  return "blobs/sha256/" + oci::Digest::Of(data).hex();
}

// An OCI layout of one image, whose documents a test changes.
struct Layout {
  std::string layer = TarBuilder().File("etc/hello", "world").Finish();
  std::string config = absl::StrCat(
      R"({"os":"linux","architecture":")", oci::HostPlatform().architecture,
      R"(","rootfs":{"type":"layers","diff_ids":[")",
      oci::Digest::Of(layer).ToString(), R"("]}})");
  std::string manifest;
  std::string index;

  std::string DefaultManifest() const {
    return absl::StrCat(R"({"schemaVersion":2,"config":)",
                        DescriptorOf(oci::kMediaTypeConfig, config),
                        R"(,"layers":[)",
                        DescriptorOf(oci::kMediaTypeLayer, layer), "]}");
  }

  TarBuilder Tar() {
    if (manifest.empty()) manifest = DefaultManifest();
    if (index.empty()) {
      index =
          absl::StrCat(R"({"schemaVersion":2,"manifests":[)",
                       DescriptorOf(oci::kMediaTypeManifest, manifest), "]}");
    }
    TarBuilder tar;
    tar.File("oci-layout", R"({"imageLayoutVersion":"1.0.0"})")
        .File("index.json", index);
    for (const std::string& blob : {manifest, config, layer})
      tar.File(BlobName(blob), blob);
    return tar;
  }
};

class ArchiveAttackTest : public ::testing::Test {
 protected:
  absl::Status Import(ByteSource& source) {
    ArchiveImporter importer(blobs_, *layers_, sink_, guard_);
    return importer.Import(source, [](const ImportedImage&) {});
  }
  absl::Status Import(const TarBuilder& tar) {
    const std::string bytes = tar.Finish();
    MemoryByteSource source(bytes);
    return Import(source);
  }

  void ExpectRefused(const TarBuilder& tar, absl::StatusCode code) {
    EXPECT_THAT(Import(tar), StatusIs(code));
    ExpectNothingLeft();
  }

  void ExpectNothingLeft() {
    EXPECT_TRUE(blobs_.List()->empty());
    EXPECT_TRUE(layers_->List()->empty());
    EXPECT_EQ(sink_.count, 0);
  }

  const TempDir dir_ = TempDir::Create().value();
  FakeBlobStore blobs_;
  const std::unique_ptr<TreeLayerStore> layers_ =
      TreeLayerStore::Create(dir_.path()).value();
  CountingSink sink_;
  RemovingGuard guard_{blobs_, *layers_};
};

TEST_F(ArchiveAttackTest, TheLayoutOfTheseTestsIsGood) {
  EXPECT_THAT(Import(Layout().Tar()), IsOk());
  EXPECT_EQ(sink_.count, 1);
}

// CVE-2023-25153.
TEST_F(ArchiveAttackTest, ADocumentOfAGigabyteIsRefusedBeforeItIsRead) {
  for (const char* name : {"index.json", "manifest.json", "./index.json"}) {
    TarEntry entry;
    entry.name = name;
    EndlessSource source(TarHeader(entry, 1 << 30));
    EXPECT_THAT(Import(source), StatusIs(absl::StatusCode::kInvalidArgument));
    EXPECT_LT(source.taken_bytes(), oci::kMaxDocumentBytes) << name;
    ExpectNothingLeft();
  }
}

TEST_F(ArchiveAttackTest, ADocumentOfMoreThanFourMebibytesIsNotParsed) {
  const std::string spaces(4 << 20, ' ');
  Layout big_manifest;
  big_manifest.manifest = big_manifest.DefaultManifest() + spaces;
  ExpectRefused(big_manifest.Tar(), absl::StatusCode::kInvalidArgument);
  Layout big_config;
  big_config.config += spaces;
  ExpectRefused(big_config.Tar(), absl::StatusCode::kInvalidArgument);
}

// CVE-2014-8179: one reader takes the first, another the last.
TEST_F(ArchiveAttackTest, KeysThatAreThereTwiceAreRefused) {
  Layout manifest;
  manifest.manifest =
      absl::StrReplaceAll(manifest.DefaultManifest(),
                          {{R"("layers":)", R"("layers":[],"layers":)"}});
  ExpectRefused(manifest.Tar(), absl::StatusCode::kInvalidArgument);
  Layout config;
  config.config = absl::StrReplaceAll(
      config.config, {{R"("os":"linux")", R"("os":"linux","os":"linux")"}});
  ExpectRefused(config.Tar(), absl::StatusCode::kInvalidArgument);
  Layout index;
  index.index = R"({"schemaVersion":2,"manifests":[],"manifests":[]})";
  ExpectRefused(index.Tar(), absl::StatusCode::kInvalidArgument);
}

// CVE-2021-41190.
TEST_F(ArchiveAttackTest, AManifestThatIsAlsoAnIndexIsRefused) {
  Layout layout;
  layout.manifest =
      absl::StrReplaceAll(layout.DefaultManifest(),
                          {{R"("layers":)", R"("manifests":[],"layers":)"}});
  ExpectRefused(layout.Tar(), absl::StatusCode::kInvalidArgument);
}

// CVE-2021-21285, CVE-2024-3727.
TEST_F(ArchiveAttackTest, DigestsAreSixtyFourLowerCaseHexDigits) {
  const std::string good = oci::Digest::Of(Layout().layer).ToString();
  const std::string hex = good.substr(7);
  for (const std::string& bad :
       {std::string("sha256:../../x"), std::string("sha256:"), std::string(),
        good.substr(0, good.size() - 1), good + "0",
        "sha256:" + absl::AsciiStrToUpper(hex), "SHA256:" + hex,
        "sha256:" + hex.substr(0, 63) + "/",
        "sha256:" + hex.substr(0, 61) + "/..", "md5:" + hex, hex,
        good + "\\u0000", " " + good}) {
    Layout layout;
    layout.manifest =
        absl::StrReplaceAll(layout.DefaultManifest(), {{good, bad}});
    ExpectRefused(layout.Tar(), absl::StatusCode::kInvalidArgument);
  }
  for (const std::string& bad :
       {std::string("../../x"), hex.substr(1), "0" + hex,
        absl::AsciiStrToUpper(hex), hex + "/x", std::string("x")}) {
    ExpectRefused(TarBuilder().File("blobs/sha256/" + bad, "x"),
                  absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(ArchiveAttackTest, ABlobThatIsAnotherThanItsNameSaysIsRefused) {
  Layout layout;
  TarBuilder tar = layout.Tar();
  tar.File(BlobName(layout.layer), "another");
  ExpectRefused(tar, absl::StatusCode::kDataLoss);
}

TEST_F(ArchiveAttackTest, AnArchiveThatEndsBetweenEntriesIsRefused) {
  const std::string whole = Layout().Tar().Finish();
  // Headers and contents here are a block each, but the layer's.
  for (size_t size = 1024; size + 2048 < whole.size(); size += 1024) {
    MemoryByteSource source(absl::string_view(whole).substr(0, size));
    EXPECT_FALSE(Import(source).ok()) << size;
    ExpectNothingLeft();
  }
}

TEST_F(ArchiveAttackTest, LinksLeadNowhereOutside) {
  const std::string config = Layout().config;
  const std::string manifest =
      R"([{"Config":"c.json","RepoTags":["a:1"],"Layers":["x/layer.tar"]}])";
  for (const char* target : {"../../../../../../etc/passwd", "/etc/passwd",
                             "layer.tar", "../x", "../x/layer.tar"}) {
    ExpectRefused(TarBuilder()
                      .File("manifest.json", manifest)
                      .File("c.json", config)
                      .Link("x/layer.tar", target),
                  absl::StatusCode::kDataLoss);
    TarBuilder hard;
    hard.File("manifest.json", manifest)
        .File("c.json", config)
        .HardLink("x/layer.tar", target);
    EXPECT_FALSE(Import(hard).ok()) << target;
    ExpectNothingLeft();
  }
  for (const char* name : {"../c.json", "/../c.json", "/etc/passwd", "."}) {
    ExpectRefused(TarBuilder()
                      .File("manifest.json",
                            absl::StrReplaceAll(manifest, {{"c.json", name}}))
                      .File("c.json", config),
                  std::string(name).find("..") == std::string::npos
                      ? absl::StatusCode::kDataLoss
                      : absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(ArchiveAttackTest, TheLaterOfTwoEntriesCounts) {
  const Layout layout;
  const std::string manifest =
      R"([{"Config":"c.json","RepoTags":["a:1"],"Layers":["layer.tar"]}])";
  EXPECT_THAT(Import(TarBuilder()
                         .File("manifest.json", manifest)
                         .File("c.json", "{}")
                         .File("real.json", layout.config)
                         .Link("c.json", "real.json")
                         .Link("layer.tar", "nowhere")
                         .File("layer.tar", layout.layer)),
              IsOk());
  EXPECT_EQ(sink_.count, 1);
}

TEST_F(ArchiveAttackTest, FloodsOfEntriesAreRefused) {
  TarBuilder entries;
  for (int i = 0; i < 100'001; ++i) entries.Directory("d");
  ExpectRefused(entries, absl::StatusCode::kResourceExhausted);
  TarBuilder names;
  for (int i = 0; i < 10'000; ++i) {
    names.Link(absl::StrCat(i, std::string(4000, 'n')), std::string(4000, 't'));
  }
  ExpectRefused(names, absl::StatusCode::kResourceExhausted);
}

TEST_F(ArchiveAttackTest, MessagesAreAsciiWhateverNamesAre) {
  const absl::Status status =
      Import(TarBuilder().File("blobs/sha256/caf\xe9\n\xff", "x"));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_TRUE(std::all_of(status.message().begin(), status.message().end(),
                          [](char c) { return c >= ' ' && c <= '~'; }))
      << status;
}

}  // namespace
}  // namespace gantry::image
