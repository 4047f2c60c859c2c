// Layers that try to reach what is outside. Each case has the name under which
// the mistake is known.

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "common/fs/file.h"
#include "common/testing/status_matchers.h"
#include "services/image/layer/layer_fixture.h"
#include "services/image/layer/tar_builder.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

// In names, links and expectations $OUT stands for the directory outside, and
// $UP for more ".." than any directory is deep.
constexpr char kUp[] = "../../../../../../../../../../../../../../..";

struct Breakout {
  const char* name;
  std::vector<TarEntry> entries;
  // What is in the layer afterwards: "path=content" of a file, "path->target"
  // of a symbolic link, "path/" of a directory, "-path" of a whiteout, "!path"
  // of what is not there. None if the layer must be refused.
  std::vector<std::string> expected;
};

TarEntry Entry(char type, std::string name, std::string link = "",
               std::string content = "", mode_t mode = 0644) {
  TarEntry entry;
  entry.type = type;
  entry.name = std::move(name);
  entry.link = std::move(link);
  entry.content = std::move(content);
  entry.mode = mode;
  return entry;
}
TarEntry File(std::string name, std::string content = "dead") {
  return Entry('0', std::move(name), "", std::move(content));
}
TarEntry Dir(std::string name, mode_t mode = 0755) {
  return Entry('5', std::move(name), "", "", mode);
}
TarEntry Link(std::string name, std::string to) {
  return Entry('2', std::move(name), std::move(to));
}
TarEntry Hard(std::string name, std::string to, mode_t mode = 0777) {
  return Entry('1', std::move(name), std::move(to), "", mode);
}

// What stands at `path`, in the form of Breakout::expected without the path.
std::string KindOf(const std::string& path) {
  struct stat info = {};
  if (::lstat(path.c_str(), &info) != 0) return "!";
  if (S_ISLNK(info.st_mode)) {
    std::array<char, PATH_MAX> target;
    const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
    return absl::StrCat(
        "->", absl::string_view(target.data(), static_cast<size_t>(size)));
  }
  if (S_ISDIR(info.st_mode)) return "/";
  if (IsWhiteoutAt(path)) return "-";
  return "=" + ReadFile(path, 1000).value_or("(unreadable)");
}

void CheckLine(const std::string& tree, absl::string_view line) {
  absl::string_view path = line;
  absl::string_view kind = line.substr(0, 1);
  if (kind == "!" || kind == "-") {
    path.remove_prefix(1);
  } else {
    size_t end = line.find("->");
    if (end == absl::string_view::npos) end = line.find('=');
    if (end == absl::string_view::npos) end = line.size() - 1;
    kind = line.substr(end);
    path = line.substr(0, end);
  }
  EXPECT_EQ(KindOf(absl::StrCat(tree, "/", path)), kind) << line;
}

class BreakoutTest : public ::testing::TestWithParam<Breakout> {
 protected:
  std::string Replaced(const std::string& text) const {
    return absl::StrReplaceAll(text,
                               {{"$OUT", layers_.outside()}, {"$UP", kUp}});
  }

  std::string Tar() const {
    TarBuilder tar;
    for (TarEntry entry : GetParam().entries) {
      entry.name = Replaced(entry.name);
      entry.link = Replaced(entry.link);
      tar.Add(entry);
    }
    return tar.Finish();
  }

  LayerFixture layers_;
};

TEST_P(BreakoutTest, StaysInside) {
  if (GetParam().expected.empty()) {
    EXPECT_THAT(layers_.Unpack(Tar()),
                StatusIs(absl::StatusCode::kInvalidArgument));
    EXPECT_TRUE(layers_.Stored().empty());
  } else {
    const std::string tree = layers_.Tree(Tar());
    for (const std::string& line : GetParam().expected)
      CheckLine(tree, Replaced(line));
  }
  EXPECT_EQ(layers_.Outside(), layers_.untouched());
  EXPECT_THAT(layers_.Unpack(TarBuilder().File("a", "next").Finish()), IsOk());
}

std::string NameOf(const ::testing::TestParamInfo<Breakout>& info) {
  return info.param.name;
}

// Entries through symbolic links land where a process inside would find them.
const Breakout kSymlinks[] = {
    {"SymlinkAbsolute",
     {Link("local", "$OUT"), File("local/canary")},
     {"local->$OUT", "$OUT/canary=dead", "!canary"}},
    {"SymlinkUpAndOut",
     {Link("local", "$UP$OUT"), File("local/canary")},
     {"local->$UP$OUT", "$OUT/canary=dead"}},
    {"SymlinkMultipleAbsolute",
     {Link("one", "$OUT"), Link("two", "/one"), File("two/canary")},
     {"one->$OUT", "two->/one", "$OUT/canary=dead"}},
    {"SymlinkMultipleRelative",
     {Dir("d"), Link("d/one", "$UP$OUT"), Link("d/two", "../../d/one"),
      File("d/two/canary")},
     {"d/two->../../d/one", "$OUT/canary=dead", "!d/canary"}},
    {"SymlinkEmptyFile",
     {Link("local", "$OUT"), File("local/canary", "")},
     {"$OUT/canary="}},
    {"SymlinkEmptyFilename",
     {Link("local", "$OUT"), File("local/", "")},
     {"local/"}},
    {"SymlinkParentDirectory",
     {Dir("etc"), Link("parent", "/etc/.."), File("parent/canary")},
     {"canary=dead", "!etc/canary"}},
    {"SymlinkParentRelative",
     {Dir("etc"), Link("parent", "../etc/../.."), File("parent/canary")},
     {"canary=dead", "!etc/canary"}},
    {"SymlinkSlashEnded",
     {Link("local/", "$OUT/"), File("local/canary")},
     {"local->$OUT/", "$OUT/canary=dead"}},
    {"SymlinkOverrideDirectory",
     {Dir("d"), File("d/old"), Link("d", "$OUT"), File("d/canary")},
     {"d->$OUT", "$OUT/canary=dead"}},
    {"SymlinkOverrideDirectoryRelative",
     {Dir("d"), File("d/old"), Link("d", "$UP$OUT"), File("d/canary")},
     {"d->$UP$OUT", "$OUT/canary=dead"}},
    {"SymlinkOverridePath",
     {Dir("one"), Dir("two"), Link("l", "one"), File("l/a", "1"),
      Link("l", "two"), File("l/b", "2")},
     {"one/a=1", "two/b=2", "!one/b"}},
    {"SymlinkOverFile",
     {Link("canary", "$OUT/canary"), File("canary")},
     {"canary=dead", "!$OUT"}},
    {"SymlinkLoop", {Link("a", "b"), Link("b", "a"), File("a/x")}, {}},
    {"SymlinkAsRootDot", {Link(".", "$OUT"), File("canary")}, {}},
    {"SymlinkAsRootDotSlash", {Link("./", "$OUT"), File("canary")}, {}},
    {"SymlinkAsRootEmpty", {Link("", "$OUT"), File("canary")}, {}},
    {"SymlinkAsRootSlash", {Link("/", "$OUT"), File("canary")}, {}},
    {"FileAsRoot", {File(".")}, {}},
};
INSTANTIATE_TEST_SUITE_P(Symlinks, BreakoutTest, ::testing::ValuesIn(kSymlinks),
                         NameOf);

// A hard link is to a file of the layer, and is never written through.
const Breakout kHardlinks[] = {
    {"HardlinkRelative", {Hard("h", "../outside/canary"), File("h")}, {}},
    {"HardlinkRelativeLong",
     {Dir("a"), Dir("a/b"), Hard("a/b/h", "$UP$OUT/canary"), File("a/b/h")},
     {}},
    {"HardlinkRelativeUpAndOut", {Hard("h", "$UP$OUT/canary"), File("h")}, {}},
    {"HardlinkDownAndOut",
     {Dir("a"), Hard("h", "a/../$UP$OUT/canary"), File("h")},
     {}},
    {"HardlinkAbsolute", {Hard("h", "$OUT/canary"), File("h")}, {}},
    {"HardlinkDirectRelative",
     {Link("local", "$UP$OUT"), Hard("h", "local/canary"), File("h")},
     {}},
    {"HardlinkDirectAbsolute",
     {Link("local", "$OUT"), Hard("h", "local/canary"), File("h")},
     {}},
    {"HardlinkToDirectory", {Dir("d"), Hard("h", "d")}, {}},
    {"HardlinkToRoot", {Hard("h", "/")}, {}},
    {"HardlinkToWhiteout", {File(".wh.gone", ""), Hard("h", "gone")}, {}},
    {"HardlinkInside",
     {File("a", "1"), Hard("b", "/a"), File("b", "2")},
     {"a=1", "b=2"}},
    {"HardlinkSymlinkBeforeCreateTarget",
     {Link("l", "$OUT/canary"), Hard("h", "l"), File("h")},
     {"l->$OUT/canary", "h=dead"}},
    {"HardlinkSymlinkRelative",
     {Link("l", "$UP$OUT/canary"), Hard("h", "l")},
     {"h->$UP$OUT/canary"}},
    {"HardlinkSymlinkAbsolute",
     {Link("l", "$OUT/canary"), Hard("h", "l"), File("h")},
     {"h=dead", "l->$OUT/canary"}},
    {"HardlinkSymlinkChmod",
     {Link("l", "$OUT/canary"), Hard("h", "l", 07777)},
     {"h->$OUT/canary"}},
};
INSTANTIATE_TEST_SUITE_P(Hardlinks, BreakoutTest,
                         ::testing::ValuesIn(kHardlinks), NameOf);

const Breakout kDirectories[] = {
    {"DirectoryOverrideSymlink",
     {Link("d", "$OUT"), Dir("d", 0777), File("d/canary")},
     {"d/", "d/canary=dead", "!$OUT"}},
    {"DirectoryOverrideSymlinkAndHardlink",
     {Link("d", "$OUT"), Hard("h", "d"), Dir("d", 0777), File("d/canary"),
      Dir("h", 0777), File("h/canary")},
     {"d/canary=dead", "h/canary=dead", "!$OUT"}},
    {"DirectoryOverSymlinkToDirectory",
     {Dir("real"), File("real/x", "1"), Link("d", "real"), Dir("d", 0700)},
     {"d/", "!d/x", "real/x=1"}},
    {"NameUpAndOut", {File("../outside/canary")}, {}},
    {"NameDownUpAndOut", {Dir("a"), File("a/$UP$OUT/canary")}, {}},
    {"NameAbsolute", {File("$OUT/canary")}, {"$OUT/canary=dead"}},
    {"NameOfDotsOnly", {Dir(".."), File("../canary")}, {}},
    {"UnpackEntryPathScopingRootPrefix",
     {File("/$OUT/canary")},
     {"$OUT/canary=dead"}},
    {"UnpackEntryPathScopingGarbagePrefix1", {File("/../canary")}, {}},
    {"UnpackEntryPathScopingGarbagePrefix2", {File("/$UP/canary")}, {}},
    {"UnpackEntryPathScopingGarbagePrefix3",
     {File("/./.././.././.././../canary")},
     {}},
    {"UnpackEntryPathScopingDotDotPrefix", {File("../canary")}, {}},
    {"UnpackEntrySymlinkScopingRootPrefix",
     {Link("link", "/"), File("link/canary")},
     {"canary=dead"}},
    {"UnpackEntrySymlinkScopingGarbagePrefix1",
     {Link("link", "/../"), File("link/canary")},
     {"canary=dead"}},
    {"UnpackEntrySymlinkScopingGarbagePrefix2",
     {Link("link", "/$UP/"), File("link/canary")},
     {"canary=dead"}},
    {"UnpackEntrySymlinkScopingGarbagePrefix3",
     {Link("link", "/./.././.././../"), File("link/canary")},
     {"canary=dead"}},
    {"UnpackEntrySymlinkScopingDotDotPrefix",
     {Link("link", ".."), File("link/canary")},
     {"canary=dead"}},
    {"UnpackEntryParentDir",
     {File("some/where/deep/file", "1")},
     {"some/where/deep/file=1"}},
    {"UnpackEntryNonDirParent",
     {File("nondir"), File("nondir/foo/bar/baz", "1")},
     {"nondir/foo/bar/baz=1"}},
    {"UnpackEntryNonDirParentThroughSymlink",
     {File("nondir"), Link("l", "$UP/nondir"), File("l/foo", "1")},
     {"nondir/foo=1"}},
};
INSTANTIATE_TEST_SUITE_P(Directories, BreakoutTest,
                         ::testing::ValuesIn(kDirectories), NameOf);

const Breakout kWhiteouts[] = {
    {"WhiteoutRoot", {File("/.wh.", "")}, {}},
    {"WhiteoutRootParent", {File(".wh...", "")}, {}},
    {"WhiteoutParent", {Dir("etc"), File("etc/.wh...", "")}, {}},
    {"WhiteoutCurrentDirectory", {Dir("etc"), File("etc/.wh..", "")}, {}},
    {"WhiteoutSymlink",
     {Link("l", "$OUT/canary"), File(".wh.l", "")},
     {"l->$OUT/canary"}},
    {"WhiteoutSymlinkPath",
     {Link("l", "$OUT"), File("l/.wh.canary", "")},
     {"-$OUT/canary"}},
    {"WhiteoutOpaqueSymlinkPath",
     {Link("l", "$OUT"), File("l/.wh..wh..opq", "")},
     {"$OUT/"}},
    {"WhiteoutDirectoryName", {Dir(".wh.etc"), File(".wh.etc/canary")}, {}},
    {"WhiteoutDirectoryAsType", {Dir(".wh.etc")}, {"-etc", "!.wh.etc"}},
    {"WhiteoutDeadSymlinkParent",
     {Link("dead", "/no/such"), File("dead/.wh.x", "")},
     {"-no/such/x"}},
    {"WhiteoutRelativePath",
     {Dir("etc"), File("etc/../../outside/.wh.canary", "")},
     {}},
    {"WhiteoutBookKeeping",
     {Dir(".wh..wh.plnk"), File(".wh..wh.plnk/1.2"), File(".wh..wh.aufs", "")},
     {"!.wh..wh.plnk", "!.wh..wh.aufs"}},
    {"WhiteoutThenChild", {File(".wh.d", ""), File("d/x", "1")}, {"d/x=1"}},
};
INSTANTIATE_TEST_SUITE_P(Whiteouts, BreakoutTest,
                         ::testing::ValuesIn(kWhiteouts), NameOf);

}  // namespace
}  // namespace gantry::image
