#include "services/image/snapshot/overlay_mount.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/status_macros.h"

// <sys/mount.h> and <linux/mount.h> do not go together in every glibc.
extern "C" int mount(const char* source, const char* target, const char* type,
                     unsigned long flags, const void* data) noexcept;

namespace gantry::image {
namespace {

// fsconfig(2) refuses longer strings.
constexpr size_t kMaxFsconfigString = 255;
constexpr unsigned long kRecursivePrivate = (1UL << 14) | (1UL << 18);

int FsOpen(const char* type) {
  return static_cast<int>(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));
}

absl::Status SetOption(int context, const char* key, const std::string& value) {
  if (syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, value.c_str(),
              0) != 0) {
    return absl::ErrnoToStatus(errno,
                               absl::StrCat("overlay ", key, "=", value));
  }
  return absl::OkStatus();
}

bool FitsFsconfig(const OverlayDirectories& directories) {
  for (const std::string& lower : directories.lowers) {
    if (lower.size() > kMaxFsconfigString) return false;
  }
  return directories.upper.size() <= kMaxFsconfigString &&
         directories.work.size() <= kMaxFsconfigString;
}

// UNIMPLEMENTED: the kernel does not take layers one by one.
absl::StatusOr<UniqueFd> MountLayerByLayer(
    const OverlayDirectories& directories) {
  const UniqueFd context(FsOpen("overlay"));
  if (!context.is_open()) {
    if (errno == ENOSYS) return absl::UnimplementedError("no fsopen");
    return absl::ErrnoToStatus(errno, "fsopen overlay");
  }
  for (const std::string& lower : directories.lowers) {
    if (syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_STRING, "lowerdir+",
                lower.c_str(), 0) != 0) {
      if (errno == EINVAL) return absl::UnimplementedError("no lowerdir+");
      return absl::ErrnoToStatus(errno, absl::StrCat("overlay over ", lower));
    }
  }
  // What `df` shows.
  GANTRY_RETURN_IF_ERROR(SetOption(context.get(), "source", "overlay"));
  GANTRY_RETURN_IF_ERROR(
      SetOption(context.get(), "upperdir", directories.upper));
  GANTRY_RETURN_IF_ERROR(SetOption(context.get(), "workdir", directories.work));
  GANTRY_RETURN_IF_ERROR(SetOption(context.get(), "index", "off"));
  if (syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr,
              nullptr, 0) != 0) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat("mount overlay of ", directories.upper));
  }
  UniqueFd mount_fd(static_cast<int>(
      syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, 0)));
  if (!mount_fd.is_open()) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat("fsmount overlay of ", directories.upper));
  }
  return mount_fd;
}

absl::Status Link(const std::string& target, const std::string& name) {
  if (symlink(target.c_str(), name.c_str()) != 0) {
    return absl::ErrnoToStatus(errno,
                               absl::StrCat("link ", name, " to ", target));
  }
  return absl::OkStatus();
}

// Runs on a thread of its own, which ends afterwards: it has changed its mount
// namespace and its working directory.
absl::StatusOr<UniqueFd> MountHere(const OverlayDirectories& directories) {
  if (unshare(CLONE_NEWNS | CLONE_FS) != 0) {
    return absl::ErrnoToStatus(errno, "unshare the mount namespace");
  }
  if (mount("none", "/", nullptr, kRecursivePrivate, nullptr) != 0) {
    return absl::ErrnoToStatus(errno, "make the mounts private");
  }
  // Short names for the directories, so that the options fit into a page. They
  // lead to descriptors: the paths may lie below the place of the names, which
  // is seen in this thread's namespace alone.
  std::vector<UniqueFd> open_fds;
  std::vector<std::string> targets;
  const auto open_directory = [&](const std::string& path) {
    UniqueFd fd(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!fd.is_open()) {
      return absl::ErrnoToStatus(errno, absl::StrCat("open ", path));
    }
    targets.push_back(absl::StrCat("/proc/thread-self/fd/", fd.get()));
    open_fds.push_back(std::move(fd));
    return absl::OkStatus();
  };
  for (const std::string& lower : directories.lowers) {
    GANTRY_RETURN_IF_ERROR(open_directory(lower));
  }
  GANTRY_RETURN_IF_ERROR(open_directory(directories.upper));
  GANTRY_RETURN_IF_ERROR(open_directory(directories.work));

  if (mount("tmpfs", "/tmp", "tmpfs", 0, "size=1m,mode=0700") != 0) {
    return absl::ErrnoToStatus(errno, "mount tmpfs");
  }
  if (chdir("/tmp") != 0) return absl::ErrnoToStatus(errno, "chdir /tmp");
  std::vector<std::string> names;
  for (size_t i = 0; i < targets.size(); ++i) {
    names.push_back(absl::StrCat(i));
    GANTRY_RETURN_IF_ERROR(Link(targets[i], names.back()));
  }
  if (mkdir("m", 0700) != 0) return absl::ErrnoToStatus(errno, "mkdir");
  const std::string work = names.back();
  names.pop_back();
  const std::string upper = names.back();
  names.pop_back();
  const std::string options =
      absl::StrCat("lowerdir=", absl::StrJoin(names, ":"), ",upperdir=", upper,
                   ",workdir=", work, ",index=off");
  if (mount("overlay", "m", "overlay", 0, options.c_str()) != 0) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat("mount overlay of ", directories.upper));
  }
  UniqueFd tree(static_cast<int>(
      syscall(SYS_open_tree, AT_FDCWD, "m",
              OPEN_TREE_CLONE | static_cast<unsigned>(OPEN_TREE_CLOEXEC))));
  if (!tree.is_open()) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat("open the overlay of ", directories.upper));
  }
  return tree;
}

}  // namespace

absl::StatusOr<UniqueFd> MountOverlayInOwnNamespace(
    const OverlayDirectories& directories) {
  absl::StatusOr<UniqueFd> result = absl::UnknownError("");
  std::thread([&] { result = MountHere(directories); }).join();
  return result;
}

absl::StatusOr<UniqueFd> MountOverlay(const OverlayDirectories& directories) {
  if (FitsFsconfig(directories)) {
    absl::StatusOr<UniqueFd> result = MountLayerByLayer(directories);
    if (result.status().code() != absl::StatusCode::kUnimplemented) {
      return result;
    }
  }
  return MountOverlayInOwnNamespace(directories);
}

}  // namespace gantry::image
