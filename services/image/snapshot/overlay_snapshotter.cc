#include "services/image/snapshot/overlay_snapshotter.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "common/fs/file.h"
#include "common/id/random_id.h"
#include "common/status/status_macros.h"
#include "services/image/snapshot/overlay_mount.h"

namespace gantry::image {
namespace {

constexpr char kTrashPrefix[] = ".trash-";
constexpr char kEmpty[] = ".empty";
constexpr size_t kMaxKeyLength = 128;
constexpr mode_t kDefaultRootMode = 0755;

bool IsKey(absl::string_view key) {
  constexpr absl::string_view kFirst = "abcdefghijklmnopqrstuvwxyz0123456789";
  constexpr absl::string_view kRest = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
  return !key.empty() && key.size() <= kMaxKeyLength &&
         absl::StrContains(kFirst, key.substr(0, 1)) &&
         key.find_first_not_of(kRest) == absl::string_view::npos;
}

absl::Status CheckKey(absl::string_view key) {
  if (IsKey(key)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("\"", key.substr(0, kMaxKeyLength),
                   "\" is no key of a snapshot: [a-z0-9][a-z0-9_.-]{0,127}"));
}

// What stands before the id of an owner: "container/", "build/".
bool IsOwnerPrefix(absl::string_view prefix) {
  return prefix == "container/" || prefix == "build/";
}

absl::Status CheckOwner(absl::string_view owner) {
  const size_t slash = owner.find('/');
  if (slash != absl::string_view::npos &&
      IsOwnerPrefix(owner.substr(0, slash + 1)) &&
      IsKey(owner.substr(slash + 1))) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", owner.substr(0, kMaxKeyLength),
                   "\" is no owner: \"container/<id>\" or \"build/<id>\""));
}

absl::Status MakeOne(const std::string& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    return absl::ErrnoToStatus(errno, absl::StrCat("mkdir ", path));
  }
  if (chmod(path.c_str(), mode) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("chmod ", path));
  }
  return absl::OkStatus();
}

struct RootAttributes {
  mode_t mode = kDefaultRootMode;
  uid_t uid = geteuid();
  gid_t gid = getegid();
};

// Of the topmost layer that says something about the root directory: a layer
// that does not list it has it as this service's own (root's), 0755.
absl::StatusOr<RootAttributes> FindRootAttributes(
    const std::vector<std::string>& lowers) {
  RootAttributes attributes;
  for (const std::string& lower : lowers) {
    struct stat info {};
    if (stat(lower.c_str(), &info) != 0) {
      return absl::ErrnoToStatus(errno, absl::StrCat("stat ", lower));
    }
    const mode_t mode = info.st_mode & 07777;
    if (mode == attributes.mode && info.st_uid == attributes.uid &&
        info.st_gid == attributes.gid) {
      continue;
    }
    return RootAttributes{mode, info.st_uid, info.st_gid};
  }
  return attributes;
}

bool IsOpaque(const std::string& dir) {
  char value = 0;
  return ::lgetxattr(dir.c_str(), "trusted.overlay.opaque", &value, 1) == 1 &&
         value == 'y';
}

}  // namespace

absl::StatusOr<std::unique_ptr<OverlaySnapshotter>> OverlaySnapshotter::Open(
    const std::string& directory, ImageStore& images, LayerStore& layers) {
  GANTRY_RETURN_IF_ERROR(MakeDirectories(directory, 0700));
  GANTRY_RETURN_IF_ERROR(
      MakeOne(absl::StrCat(directory, "/", kEmpty), kDefaultRootMode));
  std::unique_ptr<OverlaySnapshotter> snapshotter(
      new OverlaySnapshotter(directory, images, layers));

  GANTRY_ASSIGN_OR_RETURN(const std::vector<Snapshot> snapshots,
                          images.ListSnapshots(""));
  std::set<std::string> known;
  for (const Snapshot& snapshot : snapshots) known.insert(snapshot.key);
  GANTRY_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                          ListDirectory(directory));
  MutexLock lock(snapshotter->mu_);
  for (const std::string& name : names) {
    if (name == kEmpty || absl::StartsWith(name, kTrashPrefix) ||
        known.find(name) != known.end()) {
      continue;
    }
    GANTRY_RETURN_IF_ERROR(snapshotter->MoveToTrash(name).status());
  }
  return snapshotter;
}

absl::Status OverlaySnapshotter::EmptyTrash() {
  GANTRY_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                          ListDirectory(directory_));
  for (const std::string& name : names) {
    if (!absl::StartsWith(name, kTrashPrefix)) continue;
    GANTRY_RETURN_IF_ERROR(RemoveTree(absl::StrCat(directory_, "/", name)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> OverlaySnapshotter::MoveToTrash(
    const std::string& name) {
  const std::string from = absl::StrCat(directory_, "/", name);
  std::string to = absl::StrCat(directory_, "/", kTrashPrefix, RandomHex(8));
  if (rename(from.c_str(), to.c_str()) != 0) {
    if (errno == ENOENT) return std::string();
    return absl::ErrnoToStatus(errno, absl::StrCat("rename ", from));
  }
  return to;
}

absl::StatusOr<std::vector<std::string>> OverlaySnapshotter::LowerDirectories(
    const std::vector<oci::Digest>& diff_ids) {
  std::vector<std::string> lowers;
  std::set<oci::Digest> seen;
  for (auto diff_id = diff_ids.rbegin(); diff_id != diff_ids.rend();
       ++diff_id) {
    // The same layer again further down adds nothing, and overlayfs refuses a
    // directory that is there twice.
    if (!seen.insert(*diff_id).second) continue;
    GANTRY_ASSIGN_OR_RETURN(std::string path, layers_.Path(*diff_id));
    lowers.push_back(std::move(path));
    // overlayfs heeds this mark on every directory but the layer's root.
    if (IsOpaque(lowers.back())) break;
  }
  if (lowers.empty()) lowers.push_back(absl::StrCat(directory_, "/", kEmpty));
  return lowers;
}

absl::Status OverlaySnapshotter::MakeDirectory(
    const std::string& key, const std::vector<std::string>& lowers) {
  GANTRY_ASSIGN_OR_RETURN(const RootAttributes root,
                          FindRootAttributes(lowers));
  const std::string path = absl::StrCat(directory_, "/", key);
  const std::string upper = absl::StrCat(path, "/upper");
  GANTRY_RETURN_IF_ERROR(MakeOne(path, 0700));
  GANTRY_RETURN_IF_ERROR(MakeOne(upper, root.mode));
  GANTRY_RETURN_IF_ERROR(MakeOne(absl::StrCat(path, "/work"), 0700));
  if (root.uid != geteuid() || root.gid != getegid()) {
    // chown clears set-id bits, so the mode comes after it.
    if (chown(upper.c_str(), root.uid, root.gid) != 0 ||
        chmod(upper.c_str(), root.mode) != 0) {
      return absl::ErrnoToStatus(errno, absl::StrCat("chown ", upper));
    }
  }
  GANTRY_RETURN_IF_ERROR(SyncDirectory(path));
  return SyncDirectory(directory_);
}

absl::StatusOr<Image> OverlaySnapshotter::Prepare(absl::string_view key,
                                                  absl::string_view image,
                                                  absl::string_view owner,
                                                  int64_t generation) {
  GANTRY_RETURN_IF_ERROR(CheckKey(key));
  GANTRY_RETURN_IF_ERROR(CheckOwner(owner));
  if (generation <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("the generation ", generation, " is not positive"));
  }
  GANTRY_ASSIGN_OR_RETURN(Image found, images_.FindImage(image));
  GANTRY_ASSIGN_OR_RETURN(const std::vector<std::string> lowers,
                          LowerDirectories(found.diff_ids));

  Snapshot snapshot;
  snapshot.key = std::string(key);
  snapshot.image_id = found.id;
  snapshot.diff_ids = found.diff_ids;
  snapshot.owner = std::string(owner);
  snapshot.generation = generation;
  snapshot.created_at = absl::Now();

  std::string trash;
  absl::Status status;
  {
    MutexLock lock(mu_);
    const absl::StatusOr<Snapshot> before = images_.FindSnapshot(key);
    if (before.ok()) {
      GANTRY_RETURN_IF_ERROR(images_.PutSnapshot(snapshot));
      return found;
    }
    if (before.status().code() != absl::StatusCode::kNotFound) {
      return before.status();
    }
    // A removal that failed half-way may have left its directory.
    GANTRY_ASSIGN_OR_RETURN(trash, MoveToTrash(snapshot.key));
    status = MakeDirectory(snapshot.key, lowers);
    if (status.ok()) status = images_.PutSnapshot(snapshot);
    if (!status.ok()) {
      RemoveTree(absl::StrCat(directory_, "/", key)).IgnoreError();
    }
  }
  if (!trash.empty()) RemoveTree(trash).IgnoreError();
  GANTRY_RETURN_IF_ERROR(status);
  return found;
}

absl::StatusOr<UniqueFd> OverlaySnapshotter::Mount(absl::string_view key) {
  GANTRY_RETURN_IF_ERROR(CheckKey(key));
  GANTRY_ASSIGN_OR_RETURN(const Snapshot snapshot, images_.FindSnapshot(key));
  OverlayDirectories directories;
  GANTRY_ASSIGN_OR_RETURN(directories.lowers,
                          LowerDirectories(snapshot.diff_ids));
  directories.upper = absl::StrCat(directory_, "/", key, "/upper");
  directories.work = absl::StrCat(directory_, "/", key, "/work");
  return MountOverlay(directories);
}

absl::StatusOr<RemovedSnapshot> OverlaySnapshotter::Remove(
    absl::string_view key) {
  GANTRY_RETURN_IF_ERROR(CheckKey(key));
  RemovedSnapshot removed;
  std::string trash;
  {
    MutexLock lock(mu_);
    GANTRY_ASSIGN_OR_RETURN(removed, images_.RemoveSnapshot(key));
    GANTRY_ASSIGN_OR_RETURN(trash, MoveToTrash(std::string(key)));
  }
  if (!trash.empty()) {
    // The snapshot is gone; what cannot be deleted now goes at the next start.
    RemoveTree(trash).IgnoreError();
  }
  return removed;
}

absl::StatusOr<SyncResult> OverlaySnapshotter::Sync(
    absl::string_view owner_prefix, int64_t generation,
    const std::vector<std::string>& keys) {
  if (!IsOwnerPrefix(owner_prefix)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", owner_prefix.substr(0, kMaxKeyLength),
                     "\" is no owner prefix: \"container/\" or \"build/\""));
  }
  if (generation <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("the generation ", generation, " is not positive"));
  }
  const std::set<std::string> kept(keys.begin(), keys.end());
  SyncResult result;
  GANTRY_ASSIGN_OR_RETURN(const std::vector<Snapshot> snapshots,
                          images_.ListSnapshots(owner_prefix));
  for (const Snapshot& snapshot : snapshots) {
    if (snapshot.generation >= generation ||
        kept.find(snapshot.key) != kept.end()) {
      continue;
    }
    GANTRY_ASSIGN_OR_RETURN(const RemovedSnapshot removed,
                            Remove(snapshot.key));
    if (removed.existed) ++result.removed_count;
    if (removed.deleted_image_id.has_value()) result.images_deleted = true;
  }
  return result;
}

}  // namespace gantry::image
