#include "services/runtime/container/fake_rootfs_source.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/fs/file.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace gantry::runtime {
namespace {

constexpr char kConfig[] = R"({"architecture":"amd64","os":"linux",)"
                           R"("config":{"Cmd":["sh"],"Env":["PATH=/bin"]},)"
                           R"("rootfs":{"type":"layers","diff_ids":[]}})";
constexpr char kImageId[] =
    "sha256:00000000000000000000000000000000000000000000000000000000000000aa";

}  // namespace

FakeRootfsSource::FakeRootfsSource()
    : dir_(TempDir::Create().value()), config_json_(kConfig) {}

absl::StatusOr<PreparedRootfs> FakeRootfsSource::Prepare(
    const std::string& container_id, const std::string& image) {
  if (image != "busybox") {
    return Error(absl::StatusCode::kNotFound, "IMAGE_NOT_FOUND",
                 absl::StrCat("No such image: ", image), {{"image", image}});
  }
  const std::string etc = absl::StrCat(dir_.path(), "/", container_id, "/etc");
  GANTRY_RETURN_IF_ERROR(MakeDirectories(etc, 0755));
  GANTRY_RETURN_IF_ERROR(WriteFileAtomically(
      etc + "/passwd", "root:x:0:0:root:/root:/bin/sh\n", 0644, false));
  MutexLock lock(mu_);
  ids_.insert(container_id);
  return PreparedRootfs{kImageId, "docker.io/library/busybox:latest",
                        config_json_};
}

absl::StatusOr<UniqueFd> FakeRootfsSource::Mount(
    const std::string& container_id) {
  return OpenDirectory(absl::StrCat(dir_.path(), "/", container_id));
}

absl::Status FakeRootfsSource::Remove(const std::string& container_id) {
  MutexLock lock(mu_);
  ids_.erase(container_id);
  return RemoveTree(absl::StrCat(dir_.path(), "/", container_id));
}

absl::Status FakeRootfsSource::Sync(
    const std::vector<std::string>& container_ids) {
  MutexLock lock(mu_);
  ++sync_count_;
  const std::set<std::string> wanted(container_ids.begin(),
                                     container_ids.end());
  std::set<std::string> kept;
  std::set_intersection(ids_.begin(), ids_.end(), wanted.begin(), wanted.end(),
                        std::inserter(kept, kept.begin()));
  ids_ = std::move(kept);
  return absl::OkStatus();
}

void FakeRootfsSource::SetConfig(std::string config_json) {
  MutexLock lock(mu_);
  config_json_ = std::move(config_json);
}

std::vector<std::string> FakeRootfsSource::Ids() {
  MutexLock lock(mu_);
  return {ids_.begin(), ids_.end()};
}

int FakeRootfsSource::sync_count() {
  MutexLock lock(mu_);
  return sync_count_;
}

}  // namespace gantry::runtime
