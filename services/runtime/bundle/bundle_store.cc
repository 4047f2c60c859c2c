#include "services/runtime/bundle/bundle_store.h"

#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/fs/file.h"
#include "common/status/status_macros.h"

namespace gantry::runtime {

absl::StatusOr<std::string> BundleStore::Write(const std::string& id,
                                               absl::string_view config_json) {
  const std::string bundle = absl::StrCat(dir_, "/", id);
  GANTRY_RETURN_IF_ERROR(MakeDirectories(bundle, 0700));
  GANTRY_RETURN_IF_ERROR(
      MakeDirectories(absl::StrCat(bundle, "/rootfs"), 0755));
  GANTRY_RETURN_IF_ERROR(WriteFileAtomically(
      absl::StrCat(bundle, "/config.json"), config_json, 0600, /*sync=*/false));
  return bundle;
}

absl::Status BundleStore::Remove(const std::string& id) {
  const std::string bundle = absl::StrCat(dir_, "/", id);
  const std::string rootfs = absl::StrCat(bundle, "/rootfs");
  // Never recursively: what is mounted there is not ours to remove.
  if (::rmdir(rootfs.c_str()) != 0 && errno != ENOENT) {
    if (errno == EBUSY || errno == ENOTEMPTY) {
      return absl::FailedPreconditionError(
          absl::StrCat("remove ", rootfs, ": it is in use"));
    }
    return absl::ErrnoToStatus(errno, absl::StrCat("remove ", rootfs));
  }
  return RemoveTree(bundle);
}

absl::StatusOr<std::vector<std::string>> BundleStore::List() const {
  absl::StatusOr<std::vector<std::string>> ids = ListDirectory(dir_);
  if (absl::IsNotFound(ids.status())) return std::vector<std::string>();
  return ids;
}

}  // namespace gantry::runtime
