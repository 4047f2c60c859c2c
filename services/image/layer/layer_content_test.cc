// What layers hold is kept as it is: names, links, owners, modes, times,
// extended attributes, devices, holes; and layers replace what lies below as
// the image specification says.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/fs/file.h"
#include "common/fs/unique_fd.h"
#include "common/testing/status_matchers.h"
#include "services/image/layer/layer_fixture.h"
#include "services/image/layer/tar_builder.h"

namespace gantry::image {
namespace {

using ::gantry::testing::StatusIs;
using ::testing::Contains;

std::string AttributeOf(const std::string& path, const char* name) {
  std::string value(1000, '\0');
  const ssize_t size =
      ::lgetxattr(path.c_str(), name, value.data(), value.size());
  if (size < 0) return "(none)";
  value.resize(static_cast<size_t>(size));
  return value;
}

std::string LinkAt(const std::string& path) {
  std::string target(5000, '\0');
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  target.resize(size < 0 ? 0 : static_cast<size_t>(size));
  return target;
}

class LayerContentTest : public ::testing::Test {
 protected:
  LayerFixture layers_;
};

// Latin-1, half a character, a surrogate, a letter composed and decomposed.
const char* const kNames[] = {
    "caf\xe9",       "half\xc3", "sur\xed\xa0\x80", "nfc-\xc3\xa9",
    "nfd-e\xcc\x81", "\xff\xfe", "new\nline",       "back\\slash"};

TEST_F(LayerContentTest, NamesAreBytesInEveryForm) {
  for (const bool in_pax : {false, true}) {
    TarBuilder builder;
    for (const std::string name : kNames) {
      TarEntry file, link, hard;
      file.name = "d/" + name;
      link.name = "d/link-" + name;
      link.type = '2';
      link.link = name;
      hard.name = "d/hard-" + name;
      hard.type = '1';
      hard.link = file.name;
      if (in_pax) {
        for (TarEntry* entry : {&file, &link, &hard}) {
          entry->records = {{"path", entry->name}};
          if (entry->type != '0')
            entry->records.emplace_back("linkpath", entry->link);
          entry->name = "short";
          entry->link = entry->type == '0' ? "" : "short";
        }
      }
      builder.Add(file).Add(link).Add(hard);
    }
    // The two forms hold the same, but are two layers.
    if (in_pax) builder.Directory("pax");
    const std::string tree = layers_.Tree(builder.Finish());
    const std::vector<std::string> there = ListDirectory(tree + "/d").value();
    for (const std::string name : kNames) {
      EXPECT_THAT(there, Contains(name)) << in_pax;
      EXPECT_EQ(LinkAt(tree + "/d/link-" + name), name) << in_pax;
      EXPECT_EQ(Lstat(tree + "/d/hard-" + name).st_ino,
                Lstat(tree + "/d/" + name).st_ino);
    }
  }
}

TEST_F(LayerContentTest, LongNamesAndLinksAreWhole) {
  std::string name;
  while (name.size() < 3700) absl::StrAppend(&name, std::string(200, 'n'), "/");
  name += "file";
  const std::string target(4000, 't');
  for (const bool in_pax : {false, true}) {
    TarBuilder builder;
    if (in_pax) builder.UsePax();
    builder.File(name, "deep").HardLink("hard", name).Link("link", target);
    const std::string tree = layers_.Tree(builder.Finish());
    EXPECT_EQ(ReadFile(tree + "/hard", 100).value_or(""), "deep");
    EXPECT_EQ(LinkAt(tree + "/link"), target);
    EXPECT_EQ(Lstat(tree + "/hard").st_nlink, 2u);
  }
}

TEST_F(LayerContentTest, NamesThatNoFileSystemTakesAreRefused) {
  for (const std::string& name : {std::string(256, 'x'), std::string(5000, 'x'),
                                  std::string(70000, '/') + "x"}) {
    TarEntry entry;
    entry.name = "x";
    entry.records = {{"path", name}};
    EXPECT_THAT(layers_.Unpack(TarBuilder().Add(entry).Finish()),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << name.size();
  }
  EXPECT_THAT(
      layers_.Unpack(TarBuilder().Link("l", std::string(4096, 'x')).Finish()),
      StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_TRUE(layers_.Stored().empty());
}

TEST_F(LayerContentTest, OwnersModesAndTimesAreKept) {
  TarBuilder builder;
  for (const char type : {'0', '2', '5', '6'}) {
    TarEntry entry;
    entry.name = std::string("e") + type;
    entry.type = type;
    entry.link = type == '2' ? "nowhere" : "";
    entry.uid = 1000;
    entry.gid = 4294967294;
    entry.mode = 07751;
    entry.mtime = 1234567890;
    entry.records = {{"mtime", "1234567890.123456789"}};
    builder.Add(entry);
  }
  // What is written into a directory changes its time, which is set again.
  builder.File("e5/later", "");
  const std::string tree = layers_.Tree(builder.Finish());
  for (const char* name : {"/e0", "/e2", "/e5", "/e6"}) {
    const struct stat info = Lstat(tree + name);
    EXPECT_EQ(info.st_uid, 1000u) << name;
    EXPECT_EQ(info.st_gid, 4294967294u) << name;
    EXPECT_EQ(info.st_mtim.tv_sec, 1234567890) << name;
    EXPECT_EQ(info.st_mtim.tv_nsec, 123456789) << name;
    if (!S_ISLNK(info.st_mode)) {
      EXPECT_EQ(info.st_mode & 07777, 07751u) << name;
    }
  }
}

TEST_F(LayerContentTest, TimesBefore1970AndAfter2106AreKept) {
  TarEntry before, after;
  before.name = "before";
  before.mtime = -1000;
  after.name = "after";
  after.mtime = 5'000'000'000;
  const std::string tree =
      layers_.Tree(TarBuilder().Add(before).Add(after).Finish());
  EXPECT_EQ(Lstat(tree + "/before").st_mtime, -1000);
  EXPECT_EQ(Lstat(tree + "/after").st_mtime, 5'000'000'000);
}

// Beyond 32 bits a user id would wrap around to root.
TEST_F(LayerContentTest, OwnersThatAreNoIdsAreRefused) {
  for (const int64_t id : {int64_t{-1}, int64_t{4294967295},
                           int64_t{4294967296}, int64_t{1} << 40}) {
    for (const bool is_group : {false, true}) {
      TarEntry entry;
      entry.name = "f";
      entry.mode = 04755;
      (is_group ? entry.gid : entry.uid) = id;
      EXPECT_THAT(layers_.Unpack(TarBuilder().Add(entry).Finish()),
                  StatusIs(absl::StatusCode::kInvalidArgument))
          << id;
    }
  }
  EXPECT_TRUE(layers_.Stored().empty());
}

TEST_F(LayerContentTest, ExtendedAttributesAreKeptButOverlays) {
  // CAP_NET_RAW, in the kernel's second form.
  const std::string capability("\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
                               20);
  TarEntry file;
  file.name = "f";
  file.mode = 0755;
  file.uid = 5;
  file.records = {{"SCHILY.xattr.security.capability", capability},
                  {"SCHILY.xattr.user.note", std::string("a\0b", 3)},
                  {"SCHILY.xattr.user.caf\xe9", "latin"},
                  {"SCHILY.xattr.trusted.overlay.redirect", "/etc"},
                  {"SCHILY.xattr.user.overlay.opaque", "y"}};
  TarEntry dir;
  dir.name = "d";
  dir.type = '5';
  dir.mode = 0755;
  dir.records = {{"SCHILY.xattr.user.note", "dir"},
                 {"SCHILY.xattr.trusted.overlay.opaque", "y"}};
  const std::string tree =
      layers_.Tree(TarBuilder().Add(file).Add(dir).Finish());
  EXPECT_EQ(AttributeOf(tree + "/f", "security.capability"), capability);
  EXPECT_EQ(AttributeOf(tree + "/f", "user.note"), std::string("a\0b", 3));
  EXPECT_EQ(AttributeOf(tree + "/f", "user.caf\xe9"), "latin");
  EXPECT_EQ(AttributeOf(tree + "/d", "user.note"), "dir");
  for (const char* name : {"trusted.overlay.redirect", "user.overlay.opaque",
                           "trusted.overlay.opaque"}) {
    EXPECT_EQ(AttributeOf(tree + "/f", name), "(none)");
    EXPECT_EQ(AttributeOf(tree + "/d", name), "(none)");
  }
}

TEST_F(LayerContentTest, DevicesAndFifosAreMade) {
  TarEntry null, disk, fifo;
  null.name = "null";
  null.type = '3';
  null.major = 1;
  null.minor = 3;
  null.mode = 0666;
  disk.name = "disk";
  disk.type = '4';
  disk.major = 259;
  disk.minor = 65536;
  fifo.name = "fifo";
  fifo.type = '6';
  const std::string tree =
      layers_.Tree(TarBuilder().Add(null).Add(disk).Add(fifo).Finish());
  EXPECT_TRUE(S_ISCHR(Lstat(tree + "/null").st_mode));
  EXPECT_EQ(Lstat(tree + "/null").st_rdev, makedev(1, 3));
  EXPECT_EQ(Lstat(tree + "/null").st_mode & 07777, 0666u);
  EXPECT_TRUE(S_ISBLK(Lstat(tree + "/disk").st_mode));
  EXPECT_EQ(Lstat(tree + "/disk").st_rdev, makedev(259, 65536));
  EXPECT_TRUE(S_ISFIFO(Lstat(tree + "/fifo").st_mode));
}

// It would hide a file of the layer below, and the archive did not say so.
TEST_F(LayerContentTest, ADeviceThatIsAWhiteoutIsRefused) {
  TarEntry device;
  device.name = "x";
  device.type = '3';
  EXPECT_THAT(layers_.Unpack(TarBuilder().Add(device).Finish()),
              StatusIs(absl::StatusCode::kInvalidArgument));
  device.major = 1 << 20;
  EXPECT_FALSE(layers_.Unpack(TarBuilder().Add(device).Finish()).ok());
  EXPECT_TRUE(layers_.Stored().empty());
}

TEST_F(LayerContentTest, SparseFilesKeepTheirHoles) {
  constexpr int64_t kSize = int64_t{1} << 30;
  const std::string map = absl::StrCat("2\n0\n5\n", kSize - 5, "\n5\n");
  TarEntry entry;
  entry.name = "GNUSparseFile.0/s";
  entry.content = TarBlocks(map) + "begin" + "e-end";
  entry.records = {{"GNU.sparse.major", "1"},
                   {"GNU.sparse.minor", "0"},
                   {"GNU.sparse.name", "s"},
                   {"GNU.sparse.realsize", absl::StrCat(kSize)}};
  const std::string tree = layers_.Tree(TarBuilder().Add(entry).Finish());
  const struct stat info = Lstat(tree + "/s");
  EXPECT_EQ(info.st_size, kSize);
  EXPECT_LT(info.st_blocks * 512, 1 << 20);
  const absl::StatusOr<UniqueFd> dir = OpenDirectory(tree);
  const absl::StatusOr<UniqueFd> fd = OpenBeneath(dir->get(), "s", O_RDONLY);
  char end[5] = {};
  ASSERT_EQ(::pread(fd->get(), end, 5, kSize - 5), 5);
  EXPECT_EQ(std::string(end, 5), "e-end");
}

// OCI image specification, layer.md: whiteouts apply to lower layers only.
TEST_F(LayerContentTest, WhiteoutsNeverHideTheLayersOwnFiles) {
  for (const bool whiteout_first : {false, true}) {
    TarBuilder builder;
    const auto whiteout = [&](const std::string& name) {
      builder.File(".wh." + name, "");
    };
    for (const std::string name : {"file", "link", "dir", "hard"}) {
      if (whiteout_first) whiteout(name);
      if (name == "file") builder.File(name, "own");
      if (name == "link") builder.Link(name, "file");
      if (name == "dir") builder.Directory(name).File("dir/x", "own");
      if (name == "hard") builder.HardLink(name, "file");
      if (!whiteout_first) whiteout(name);
    }
    const std::string tree = layers_.Tree(builder.Finish());
    EXPECT_EQ(ReadFile(tree + "/file", 10).value_or(""), "own");
    EXPECT_EQ(LinkAt(tree + "/link"), "file");
    EXPECT_EQ(ReadFile(tree + "/dir/x", 10).value_or(""), "own");
    EXPECT_TRUE(IsOpaqueAt(tree + "/dir"));
    EXPECT_EQ(ReadFile(tree + "/hard", 10).value_or(""), "own");
    EXPECT_EQ(ListDirectory(tree)->size(), 4u);
  }
}

TEST_F(LayerContentTest, OpaqueHidesOnlyWhatIsBelowInAnyOrder) {
  for (const bool marker_first : {false, true}) {
    TarBuilder builder;
    builder.Directory("d");
    if (marker_first) builder.File("d/.wh..wh..opq", "");
    builder.File("d/own", "1").Directory("d/sub");
    if (!marker_first) builder.File("d/.wh..wh..opq", "");
    const std::string tree = layers_.Tree(builder.Finish());
    EXPECT_TRUE(IsOpaqueAt(tree + "/d"));
    EXPECT_FALSE(IsOpaqueAt(tree + "/d/sub"));
    EXPECT_EQ(ListDirectory(tree + "/d").value(),
              (std::vector<std::string>{"own", "sub"}));
  }
}

TEST_F(LayerContentTest, ADirectoryOverADirectoryReplacesItsAttributes) {
  TarEntry first, second;
  first.name = second.name = "d";
  first.type = second.type = '5';
  first.mode = 0700;
  first.uid = 1;
  first.records = {{"SCHILY.xattr.user.old", "1"}};
  second.mode = 0755;
  second.gid = 2;
  second.mtime = 77;
  second.records = {{"SCHILY.xattr.user.new", "2"}};
  const std::string tree = layers_.Tree(TarBuilder()
                                            .Add(first)
                                            .File("d/kept", "1")
                                            .File("d/.wh..wh..opq", "")
                                            .Add(second)
                                            .Finish());
  const struct stat info = Lstat(tree + "/d");
  EXPECT_EQ(info.st_mode & 07777, 0755u);
  EXPECT_EQ(info.st_uid, 0u);
  EXPECT_EQ(info.st_gid, 2u);
  EXPECT_EQ(info.st_mtime, 77);
  EXPECT_EQ(AttributeOf(tree + "/d", "user.old"), "(none)");
  EXPECT_EQ(AttributeOf(tree + "/d", "user.new"), "2");
  EXPECT_TRUE(IsOpaqueAt(tree + "/d"));
  EXPECT_EQ(ReadFile(tree + "/d/kept", 10).value_or(""), "1");
}

// Never written through: the other name keeps its content and attributes.
TEST_F(LayerContentTest, AnythingElseIsReplaced) {
  const std::string tree = layers_.Tree(TarBuilder()
                                            .File("a", "1", 0600)
                                            .HardLink("b", "a")
                                            .File("a", "2", 0644)
                                            .Directory("d")
                                            .File("d/x", "1")
                                            .Link("d", "elsewhere")
                                            .File("f", "1")
                                            .Directory("f")
                                            .Finish());
  EXPECT_EQ(ReadFile(tree + "/b", 10).value_or(""), "1");
  EXPECT_EQ(Lstat(tree + "/b").st_mode & 07777, 0600u);
  EXPECT_EQ(ReadFile(tree + "/a", 10).value_or(""), "2");
  EXPECT_EQ(LinkAt(tree + "/d"), "elsewhere");
  EXPECT_TRUE(S_ISDIR(Lstat(tree + "/f").st_mode));
  // The file hid the directory below, and so does what replaced it.
  EXPECT_TRUE(IsOpaqueAt(tree + "/f"));
}

TEST_F(LayerContentTest, ParentsThatReplaceAWhiteoutAreOpaque) {
  const std::string tree =
      layers_.Tree(TarBuilder().File(".wh.d", "").File("d/e/x", "1").Finish());
  EXPECT_TRUE(IsOpaqueAt(tree + "/d"));
  EXPECT_FALSE(IsOpaqueAt(tree + "/d/e"));
}

TEST_F(LayerContentTest, TimesOfDirectoriesBehindAbsoluteLinksAreSet) {
  const std::string tree = layers_.Tree(TarBuilder()
                                            .Directory("usr")
                                            .Directory("usr/lib")
                                            .Link("lib", "/usr/lib")
                                            .Directory("lib/d")
                                            .File("lib/d/x", "1")
                                            .Finish());
  EXPECT_EQ(Lstat(tree + "/usr/lib/d").st_mtime, 1000);
}

}  // namespace
}  // namespace gantry::image
