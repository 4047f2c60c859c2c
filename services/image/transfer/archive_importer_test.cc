#include "services/image/transfer/archive_importer.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/fs/temp_dir.h"
#include "common/oci/manifest.h"
#include "common/testing/status_matchers.h"
#include "services/image/content/fake_blob_store.h"
#include "services/image/layer/tree_layer_store.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;
using Files = std::vector<std::pair<std::string, std::string>>;

la_ssize_t Append(archive*, void* out, const void* data, size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(data), size);
  return static_cast<la_ssize_t>(size);
}

std::string Tar(const Files& files) {
  std::string bytes;
  archive* tar = archive_write_new();
  archive_write_set_format_ustar(tar);
  archive_write_open(tar, &bytes, nullptr, &Append, nullptr);
  for (const auto& [name, content] : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_copy_pathname(entry, name.c_str());
    // "->target" is a symbolic link.
    if (content.rfind("->", 0) == 0) {
      archive_entry_set_filetype(entry, AE_IFLNK);
      archive_entry_copy_symlink(entry, content.c_str() + 2);
      archive_write_header(tar, entry);
    } else {
      archive_entry_set_filetype(entry, AE_IFREG);
      archive_entry_set_perm(entry, 0644);
      archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
      archive_write_header(tar, entry);
      archive_write_data(tar, content.data(), content.size());
    }
    archive_entry_free(entry);
  }
  archive_write_close(tar);
  archive_write_free(tar);
  return bytes;
}

class RecordingSink : public ImageSink {
 public:
  absl::Status Put(const ImportedImage& image) override {
    if (!failure.ok()) return failure;
    images.push_back(image);
    return absl::OkStatus();
  }
  absl::Status failure;
  std::vector<ImportedImage> images;
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

class ArchiveImporterTest : public ::testing::Test {
 protected:
  absl::Status Import(const std::string& archive) {
    MemoryByteSource source(archive, 1000);
    ArchiveImporter importer(blobs_, *layers_, sink_, guard_);
    return importer.Import(source,
                           [this](const ImportedImage&) { ++announced_; });
  }

  std::string Config() const {
    return absl::StrCat(R"({"os":"linux","architecture":")",
                        oci::HostPlatform().architecture,
                        R"(","rootfs":{"type":"layers","diff_ids":[")",
                        oci::Digest::Of(layer_).ToString(), R"("]}})");
  }

  static std::string Descriptor(const std::string& type,
                                const std::string& data,
                                const std::string& more = "") {
    return absl::StrCat(R"({"mediaType":")", type, R"(","digest":")",
                        oci::Digest::Of(data).ToString(), R"(","size":)",
                        data.size(), more, "}");
  }

  static std::string BlobName(const std::string& data) {
    return "blobs/sha256/" + oci::Digest::Of(data).hex();
  }

  Files OciFiles(const std::string& annotations) const {
    const std::string config = Config();
    const std::string manifest =
        absl::StrCat(R"({"schemaVersion":2,"config":)", Descriptor("c", config),
                     R"(,"layers":[)", Descriptor("l", layer_), "]}");
    const std::string index = absl::StrCat(
        R"({"schemaVersion":2,"manifests":[)",
        Descriptor(oci::kMediaTypeManifest, manifest,
                   absl::StrCat(R"(,"annotations":{)", annotations, "}")),
        "]}");
    return {{"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"},
            {"index.json", index},
            {BlobName(manifest), manifest},
            {BlobName(config), config},
            {BlobName(layer_), layer_}};
  }

  Files DockerFiles() const {
    return {
        {"manifest.json",
         R"([{"Config":"c.json","RepoTags":["a:1","b:2"],"Layers":["x/layer.tar"]}])"},
        {"c.json", Config()},
        {"x/layer.tar", "->../y/layer.tar"},
        {"y/layer.tar", layer_}};
  }

  void ExpectNothingLeft() {
    EXPECT_TRUE(blobs_.List()->empty());
    EXPECT_TRUE(layers_->List()->empty());
    EXPECT_TRUE(sink_.images.empty());
    EXPECT_EQ(announced_, 0);
  }

  const std::string layer_ = Tar({{"etc/hello", "world"}});
  const TempDir dir_ = TempDir::Create().value();
  FakeBlobStore blobs_;
  const std::unique_ptr<TreeLayerStore> layers_ =
      TreeLayerStore::Create(dir_.path()).value();
  RecordingSink sink_;
  RemovingGuard guard_{blobs_, *layers_};
  int announced_ = 0;
};

TEST_F(ArchiveImporterTest, OciLayoutIsImported) {
  ASSERT_THAT(Import(Tar(OciFiles(
                  R"("org.opencontainers.image.ref.name":"x.io/a:3")"))),
              IsOk());
  ASSERT_EQ(sink_.images.size(), 1u);
  EXPECT_EQ(sink_.images[0].names, std::vector<std::string>{"x.io/a:3"});
  EXPECT_EQ(announced_, 1);
  // Manifest, configuration and layer; the index and the marker are not kept.
  EXPECT_EQ(blobs_.List()->size(), 3u);
  EXPECT_EQ(layers_->List()->size(), 1u);
}

TEST_F(ArchiveImporterTest, TagAloneIsNoName) {
  ASSERT_THAT(
      Import(Tar(OciFiles(R"("org.opencontainers.image.ref.name":"latest")"))),
      IsOk());
  EXPECT_TRUE(sink_.images[0].names.empty());
}

TEST_F(ArchiveImporterTest, DockerArchiveIsImportedThroughItsLinks) {
  ASSERT_THAT(Import(Tar(DockerFiles())), IsOk());
  EXPECT_EQ(sink_.images[0].names,
            (std::vector<std::string>{"docker.io/library/a:1",
                                      "docker.io/library/b:2"}));
  EXPECT_EQ(sink_.images[0].config_digest, oci::Digest::Of(Config()));
}

TEST_F(ArchiveImporterTest, MissingBlobLeavesNothing) {
  Files files = OciFiles("");
  files.pop_back();
  EXPECT_THAT(Import(Tar(files)), StatusIs(absl::StatusCode::kDataLoss));
  ExpectNothingLeft();
}

TEST_F(ArchiveImporterTest, BlobOfAnotherDigestLeavesNothing) {
  Files files = OciFiles("");
  files.back().second[600] = 'X';
  EXPECT_THAT(Import(Tar(files)), StatusIs(absl::StatusCode::kDataLoss));
  ExpectNothingLeft();
}

TEST_F(ArchiveImporterTest, CutOffArchiveLeavesNothing) {
  const std::string archive = Tar(DockerFiles());
  for (const size_t size : {size_t{600}, archive.size() / 2}) {
    EXPECT_FALSE(Import(archive.substr(0, size)).ok());
    ExpectNothingLeft();
  }
}

TEST_F(ArchiveImporterTest, WhatIsNoImageArchiveIsRefused) {
  for (const std::string& archive :
       {std::string(), std::string(2000, 'x'), Tar({{"a", "b"}}),
        Tar({{"manifest.json", "{}"}}), Tar({{"manifest.json", "[]"}}),
        Tar({{"../manifest.json", "[]"}})}) {
    EXPECT_THAT(Import(archive), StatusIs(absl::StatusCode::kInvalidArgument));
    ExpectNothingLeft();
  }
}

TEST_F(ArchiveImporterTest, FailedRecordLeavesNothing) {
  sink_.failure = absl::ResourceExhaustedError("full");
  EXPECT_THAT(Import(Tar(DockerFiles())),
              StatusIs(absl::StatusCode::kResourceExhausted));
  ExpectNothingLeft();
}

}  // namespace
}  // namespace gantry::image
