#include "services/image/layer/layer_fixture.h"

#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/fs/file.h"
#include "common/oci/digest.h"
#include "common/testing/status_matchers.h"
#include "services/image/layer/byte_source.h"

namespace gantry::image {

using ::gantry::testing::IsOk;

LayerFixture::LayerFixture() {
  store_ = TreeLayerStore::Create(store_dir()).value();
  EXPECT_THAT(MakeDirectories(outside() + "/dir", 0700), IsOk());
  EXPECT_THAT(
      WriteFileAtomically(outside() + "/canary", "alive", 0600, /*sync=*/false),
      IsOk());
  untouched_ = Outside();
}

absl::StatusOr<LayerInfo> LayerFixture::Unpack(const std::string& tar,
                                               const LayerLimits& limits) {
  MemoryByteSource source(tar, 10000);
  return store_->Unpack(source, oci::Digest::Of(tar), limits);
}

std::string LayerFixture::Tree(const std::string& tar) {
  const absl::StatusOr<LayerInfo> info = Unpack(tar);
  EXPECT_THAT(info, IsOk());
  return info.ok() ? store_->Path(info->diff_id).value() : "/nonexistent";
}

std::vector<std::string> LayerFixture::Stored() const {
  return ListDirectory(store_dir()).value();
}

std::string LayerFixture::Outside() const {
  std::string text;
  for (const std::string& name :
       {std::string(), std::string("/canary"), std::string("/dir")}) {
    const std::string path = outside() + name;
    const struct stat info = Lstat(path);
    absl::StrAppend(&text, name, " mode ", info.st_mode, " owner ", info.st_uid,
                    ":", info.st_gid, " links ", info.st_nlink, " times ",
                    info.st_mtim.tv_sec, ".", info.st_mtim.tv_nsec, " ",
                    info.st_ctim.tv_sec, ".", info.st_ctim.tv_nsec, "\n");
  }
  for (const std::string& path : {outside(), outside() + "/dir"}) {
    const std::vector<std::string> names = ListDirectory(path).value();
    for (const std::string& name : names)
      absl::StrAppend(&text, path, "/", name, "\n");
  }
  return text + ReadFile(outside() + "/canary", 1000).value_or("(gone)");
}

struct stat Lstat(const std::string& path) {
  struct stat info = {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path << ": " << errno;
  return info;
}

bool IsWhiteoutAt(const std::string& path) {
  struct stat info = {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISCHR(info.st_mode) &&
         info.st_rdev == 0;
}

bool IsOpaqueAt(const std::string& path) {
  char value = 0;
  return ::lgetxattr(path.c_str(), "trusted.overlay.opaque", &value, 1) == 1 &&
         value == 'y';
}

}  // namespace gantry::image
