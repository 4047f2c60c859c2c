#include "services/image/layer/tree_layer_store.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <thread>

#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/testing/status_matchers.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

// A tar stream, entry by entry.
class TarBuilder {
 public:
  TarBuilder() {
    archive_write_set_format_pax_restricted(archive_);
    archive_write_open(archive_, this, nullptr, &TarBuilder::Append, nullptr);
  }

  TarBuilder& Add(const std::string& name, mode_t type,
                  const std::string& content = "", mode_t mode = 0644) {
    archive_entry* entry = archive_entry_new();
    archive_entry_copy_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, mode);
    archive_entry_set_uid(entry, 0);
    archive_entry_set_gid(entry, 0);
    archive_entry_set_mtime(entry, 1000, 0);
    if (type == AE_IFREG)
      archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    if (type == AE_IFLNK) archive_entry_copy_symlink(entry, content.c_str());
    archive_write_header(archive_, entry);
    if (type == AE_IFREG)
      archive_write_data(archive_, content.data(), content.size());
    archive_entry_free(entry);
    return *this;
  }

  TarBuilder& File(const std::string& name, const std::string& content,
                   mode_t mode = 0644) {
    return Add(name, AE_IFREG, content, mode);
  }
  TarBuilder& Directory(const std::string& name) {
    return Add(name, AE_IFDIR, "", 0755);
  }
  TarBuilder& Link(const std::string& name, const std::string& to) {
    return Add(name, AE_IFLNK, to, 0777);
  }
  TarBuilder& HardLink(const std::string& name, const std::string& to,
                       mode_t mode = 0644) {
    archive_entry* entry = archive_entry_new();
    archive_entry_copy_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, mode);
    archive_entry_set_hardlink(entry, to.c_str());
    archive_write_header(archive_, entry);
    archive_entry_free(entry);
    return *this;
  }

  std::string Finish() {
    archive_write_close(archive_);
    archive_write_free(archive_);
    return bytes_;
  }

 private:
  static la_ssize_t Append(archive*, void* self, const void* data,
                           size_t size) {
    static_cast<TarBuilder*>(self)->bytes_.append(
        static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
  }

  archive* archive_ = archive_write_new();
  std::string bytes_;
};

class TreeLayerStoreTest : public ::testing::Test {
 protected:
  absl::StatusOr<LayerInfo> Unpack(const std::string& tar,
                                   LayerLimits limits = {}) {
    MemoryByteSource source(tar, 10000);
    return store_->Unpack(source, oci::Digest::Of(tar), limits);
  }

  // The directory of a layer that must be accepted.
  std::string Tree(const std::string& tar) {
    const auto info = Unpack(tar);
    EXPECT_THAT(info, IsOk());
    return info.ok() ? store_->Path(info->diff_id).value() : "/nonexistent";
  }

  void ExpectNothingLeft() {
    EXPECT_TRUE(ListDirectory(dir_.path() + "/l")->empty());
  }

  const TempDir dir_ = TempDir::Create().value();
  const std::unique_ptr<TreeLayerStore> store_ =
      TreeLayerStore::Create(dir_.path() + "/l").value();
};

struct stat Lstat(const std::string& path) {
  struct stat info = {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  return info;
}

TEST_F(TreeLayerStoreTest, FilesComeWithTheirAttributes) {
  const std::string tree = Tree(TarBuilder()
                                    .Directory("d")
                                    .File("d/f", "hello", 04755)
                                    .Link("d/l", "f")
                                    .HardLink("h", "d/f")
                                    .File("deep/er/x", "1")
                                    .Finish());
  EXPECT_EQ(ReadFile(tree + "/d/f", 100).value(), "hello");
  EXPECT_EQ(Lstat(tree + "/d/f").st_mode & 07777, 04755u);
  EXPECT_EQ(Lstat(tree + "/d/f").st_mtime, 1000);
  EXPECT_EQ(Lstat(tree + "/d").st_mtime, 1000);
  EXPECT_EQ(Lstat(tree + "/h").st_ino, Lstat(tree + "/d/f").st_ino);
  EXPECT_EQ(ReadFile(tree + "/deep/er/x", 100).value(), "1");
}

TEST_F(TreeLayerStoreTest, WhiteoutsHideWhatIsBelowInAnyOrder) {
  const std::string tree = Tree(TarBuilder()
                                    .File(".wh.gone", "")
                                    .Directory("d")
                                    .File("d/.wh..wh..opq", "")
                                    .File(".wh.again", "")
                                    .Directory("again")
                                    .Directory("late")
                                    .File(".wh.late", "")
                                    .File("kept", "x")
                                    .File(".wh.kept", "")
                                    .Finish());
  EXPECT_TRUE(S_ISCHR(Lstat(tree + "/gone").st_mode));
  EXPECT_EQ(Lstat(tree + "/gone").st_rdev, 0u);
  for (const char* name : {"/d", "/again", "/late"}) {
    char value = 0;
    EXPECT_EQ(
        ::getxattr((tree + name).c_str(), "trusted.overlay.opaque", &value, 1),
        1)
        << name;
  }
  EXPECT_EQ(ReadFile(tree + "/kept", 10).value(), "x");
}

TEST_F(TreeLayerStoreTest, NothingLeadsOutOfTheLayer) {
  const std::string canary = dir_.path() + "/canary";
  ASSERT_THAT(WriteFileAtomically(canary, "alive", 0600, false), IsOk());
  const std::string up = "../../../../../../../../../../..";
  Unpack(TarBuilder().File(up + canary, "dead").Finish())
      .status()
      .IgnoreError();
  Unpack(TarBuilder().Link("d", dir_.path()).File("d/canary", "dead").Finish())
      .status()
      .IgnoreError();
  Unpack(TarBuilder()
             .Link("d", up + dir_.path())
             .File("d/canary", "dead")
             .Finish())
      .status()
      .IgnoreError();
  Unpack(TarBuilder().Link("f", canary).File("f", "dead").Finish())
      .status()
      .IgnoreError();
  Unpack(TarBuilder().HardLink("f", canary).File("f", "dead").Finish())
      .status()
      .IgnoreError();
  Unpack(TarBuilder().Link("f", canary).HardLink("g", "f", 0777).Finish())
      .status()
      .IgnoreError();
  Unpack(TarBuilder().Link(".", dir_.path()).File("canary", "dead").Finish())
      .status()
      .IgnoreError();
  EXPECT_EQ(ReadFile(canary, 10).value(), "alive");
  EXPECT_EQ(Lstat(canary).st_mode & 0777, 0600u);
  EXPECT_EQ(ListDirectory(dir_.path())->size(), 2u);
}

TEST_F(TreeLayerStoreTest, EntriesThatAreNotAllowedAreRefused) {
  for (const std::string& tar : {TarBuilder().File("../x", "").Finish(),
                                 TarBuilder().File(".wh.", "").Finish(),
                                 TarBuilder().File(".wh...", "").Finish(),
                                 TarBuilder().HardLink("x", "nosuch").Finish(),
                                 TarBuilder().File(".", "x").Finish()}) {
    EXPECT_THAT(Unpack(tar), StatusIs(absl::StatusCode::kInvalidArgument));
  }
  ExpectNothingLeft();
}

TEST_F(TreeLayerStoreTest, SymbolicLinksInsideAreFollowedAsTheContainerWould) {
  const std::string tree = Tree(TarBuilder()
                                    .Directory("usr")
                                    .Directory("usr/lib")
                                    .Link("lib", "/usr/lib")
                                    .File("lib/x", "1")
                                    .Finish());
  EXPECT_EQ(ReadFile(tree + "/usr/lib/x", 10).value(), "1");
}

TEST_F(TreeLayerStoreTest, LaterEntriesReplaceEarlierOnes) {
  const std::string tree = Tree(TarBuilder()
                                    .File("a", "1")
                                    .Directory("b")
                                    .File("b/c", "1")
                                    .File("b", "file")
                                    .File("a", "2")
                                    .Finish());
  EXPECT_EQ(ReadFile(tree + "/a", 10).value(), "2");
  EXPECT_EQ(ReadFile(tree + "/b", 10).value(), "file");
}

TEST_F(TreeLayerStoreTest, WrongDigestLeavesNothing) {
  const std::string tar = TarBuilder().File("a", "1").Finish();
  MemoryByteSource source(tar);
  EXPECT_THAT(store_->Unpack(source, oci::Digest::Of("other"), {}),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(Unpack("garbage" + std::string(600, 'x')),
              StatusIs(absl::StatusCode::kInvalidArgument));
  ExpectNothingLeft();
}

TEST_F(TreeLayerStoreTest, LimitsHold) {
  LayerLimits small;
  small.max_bytes = 5000;
  EXPECT_THAT(
      Unpack(TarBuilder().File("a", std::string(20000, 'x')).Finish(), small),
      StatusIs(absl::StatusCode::kResourceExhausted));
  LayerLimits few;
  few.max_entries = 2;
  EXPECT_THAT(
      Unpack(TarBuilder().File("a", "").File("b", "").File("c", "").Finish(),
             few),
      StatusIs(absl::StatusCode::kResourceExhausted));
  ExpectNothingLeft();
}

TEST_F(TreeLayerStoreTest, TwoAtOnceGiveOneLayer) {
  const std::string tar =
      TarBuilder().File("a", std::string(100000, 'x')).Finish();
  std::thread other([&] { EXPECT_THAT(Unpack(tar), IsOk()); });
  EXPECT_THAT(Unpack(tar), IsOk());
  other.join();
  EXPECT_EQ(store_->List()->size(), 1u);
  EXPECT_EQ(store_->List()->front().size_bytes, 100000);
  EXPECT_THAT(store_->Remove(oci::Digest::Of(tar)), IsOk());
  EXPECT_THAT(store_->Remove(oci::Digest::Of(tar)),
              StatusIs(absl::StatusCode::kNotFound));
  ExpectNothingLeft();
}

TEST_F(TreeLayerStoreTest, EmptyLayerIsALayer) {
  EXPECT_TRUE(ListDirectory(Tree(std::string(1024, '\0')))->empty());
}

}  // namespace
}  // namespace gantry::image
