#include "common/fs/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"

namespace gantry {
namespace {

absl::Status ErrnoError(absl::string_view what, absl::string_view path) {
  const int error = errno;
  // A full disk, also by quota, is one condition to a caller.
  if (error == ENOSPC || error == EDQUOT) {
    return absl::ResourceExhaustedError(
        absl::StrCat(what, " ", path, ": the disk is full"));
  }
  return absl::ErrnoToStatus(error, absl::StrCat(what, " ", path));
}

absl::StatusOr<UniqueFd> OpenAt2(int dir_fd, const std::string& path, int flags,
                                 mode_t mode, uint64_t resolve) {
  struct open_how how = {};
  how.flags = static_cast<uint64_t>(flags) | O_CLOEXEC;
  if ((flags & (O_CREAT | O_TMPFILE)) != 0) how.mode = mode;
  how.resolve = resolve;
  for (int tries = 0;; ++tries) {
    const long fd =
        ::syscall(SYS_openat2, dir_fd, path.c_str(), &how, sizeof(how));
    if (fd >= 0) return UniqueFd(static_cast<int>(fd));
    // EAGAIN: a rename elsewhere raced with "..".
    if (errno == EINTR || (errno == EAGAIN && tries < 32)) continue;
    return ErrnoError("open", path);
  }
}

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

bool IsDotOrDotDot(absl::string_view name) {
  return name == "." || name == "..";
}

// Removes a tree with a bounded number of descriptors, however deep it is: what
// lies deeper than kMaxDepth moves to the top and is removed from there.
class TreeRemover {
 public:
  absl::Status Remove(int dir_fd, const std::string& name) {
    if (::unlinkat(dir_fd, name.c_str(), 0) == 0 || errno == ENOENT) {
      return absl::OkStatus();
    }
    if (errno != EISDIR && errno != EPERM) return ErrnoError("remove", name);
    top_.reset(::openat(dir_fd, name.c_str(),
                        O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!top_.is_open()) {
      return errno == ENOENT ? absl::OkStatus() : ErrnoError("open", name);
    }
    do {
      moved_ = false;
      GANTRY_RETURN_IF_ERROR(RemoveChildren(top_.get(), name, 0));
    } while (moved_);
    if (::unlinkat(dir_fd, name.c_str(), AT_REMOVEDIR) != 0 &&
        errno != ENOENT) {
      return ErrnoError("remove", name);
    }
    return absl::OkStatus();
  }

 private:
  static constexpr int kMaxDepth = 64;

  absl::Status RemoveChildren(int dir_fd, absl::string_view path, int depth) {
    const int own_fd =
        ::openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (own_fd < 0) return ErrnoError("open", path);
    std::unique_ptr<DIR, DirCloser> dir(::fdopendir(own_fd));
    if (dir == nullptr) {
      ::close(own_fd);
      return ErrnoError("list", path);
    }
    while (const dirent* entry = ::readdir(dir.get())) {
      if (IsDotOrDotDot(entry->d_name)) continue;
      GANTRY_RETURN_IF_ERROR(RemoveChild(dir_fd, entry->d_name,
                                         absl::StrCat(path, "/", entry->d_name),
                                         depth));
    }
    return absl::OkStatus();
  }

  absl::Status RemoveChild(int dir_fd, const std::string& name,
                           absl::string_view path, int depth) {
    if (::unlinkat(dir_fd, name.c_str(), 0) == 0 || errno == ENOENT) {
      return absl::OkStatus();
    }
    if (errno != EISDIR && errno != EPERM) return ErrnoError("remove", path);
    // Most are empty by now.
    if (::unlinkat(dir_fd, name.c_str(), AT_REMOVEDIR) == 0 ||
        errno == ENOENT) {
      return absl::OkStatus();
    }
    if (depth >= kMaxDepth && MoveToTop(dir_fd, name)) return absl::OkStatus();
    {
      const UniqueFd child(
          ::openat(dir_fd, name.c_str(),
                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!child.is_open()) {
        return errno == ENOENT ? absl::OkStatus() : ErrnoError("open", path);
      }
      GANTRY_RETURN_IF_ERROR(RemoveChildren(child.get(), path, depth + 1));
    }
    if (::unlinkat(dir_fd, name.c_str(), AT_REMOVEDIR) != 0 &&
        errno != ENOENT) {
      return ErrnoError("remove", path);
    }
    return absl::OkStatus();
  }

  // False if it cannot be moved, as a mount point.
  bool MoveToTop(int dir_fd, const std::string& name) {
    while (true) {
      const std::string target = absl::StrCat(".deep-", next_++);
      if (::renameat2(dir_fd, name.c_str(), top_.get(), target.c_str(),
                      RENAME_NOREPLACE) == 0) {
        moved_ = true;
        return true;
      }
      if (errno != EEXIST) return false;
    }
  }

  UniqueFd top_;
  int64_t next_ = 0;
  bool moved_ = false;
};

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status WriteAndFlush(int fd, absl::string_view data,
                           const std::string& path, mode_t mode, bool sync) {
  GANTRY_RETURN_IF_ERROR(WriteAll(fd, data, path));
  if (::fchmod(fd, mode) != 0) return ErrnoError("chmod", path);
  if (sync && ::fdatasync(fd) != 0) return ErrnoError("flush", path);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<UniqueFd> OpenDirectory(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open()) return ErrnoError("open", path);
  return fd;
}

absl::StatusOr<UniqueFd> OpenBeneath(int dir_fd, const std::string& path,
                                     int flags, mode_t mode) {
  return OpenAt2(dir_fd, path, flags, mode,
                 RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
}

absl::StatusOr<UniqueFd> OpenInRoot(int root_fd, const std::string& path,
                                    int flags, mode_t mode) {
  return OpenAt2(root_fd, path, flags, mode,
                 RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

absl::Status MakeDirectories(const std::string& path, mode_t mode) {
  std::string made = absl::string_view(path).substr(0, 1) == "/" ? "/" : "";
  for (absl::string_view part : absl::StrSplit(path, '/', absl::SkipEmpty())) {
    if (!made.empty() && made.back() != '/') made += '/';
    absl::StrAppend(&made, part);
    if (::mkdir(made.c_str(), mode) == 0) {
      if (::chmod(made.c_str(), mode) != 0) return ErrnoError("chmod", made);
    } else if (errno != EEXIST) {
      return ErrnoError("make directory", made);
    }
  }
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) return ErrnoError("stat", path);
  if (!S_ISDIR(info.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is not a directory"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadFd(int fd, absl::string_view name,
                                   int64_t max_bytes) {
  struct stat info;
  if (::fstat(fd, &info) != 0) return ErrnoError("stat", name);
  if (!S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat(name, " is not a regular file"));
  }
  std::string data;
  // One byte more than known, so that the end is seen without another turn.
  data.resize(static_cast<size_t>(
      std::clamp<int64_t>(info.st_size + 1, 4096, max_bytes + 1)));
  size_t used = 0;
  while (true) {
    if (static_cast<int64_t>(used) > max_bytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat(name, " is longer than ", max_bytes, " bytes"));
    }
    if (used == data.size()) {
      data.resize(
          std::min(data.size() * 2, static_cast<size_t>(max_bytes) + 1));
    }
    const ssize_t got = ::read(fd, data.data() + used, data.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError("read", name);
    if (got == 0) break;
    used += static_cast<size_t>(got);
  }
  data.resize(used);
  return data;
}

absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     int64_t max_bytes) {
  // O_NONBLOCK: a FIFO in the file's place must not hold the caller.
  UniqueFd fd(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.is_open()) return ErrnoError("open", path);
  return ReadFd(fd.get(), path, max_bytes);
}

absl::Status WriteAll(int fd, absl::string_view data, absl::string_view name) {
  while (!data.empty()) {
    const ssize_t wrote = ::write(fd, data.data(), data.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return ErrnoError("write", name);
    data.remove_prefix(static_cast<size_t>(wrote));
  }
  return absl::OkStatus();
}

absl::Status WriteFileAtomically(const std::string& path,
                                 absl::string_view data, mode_t mode,
                                 bool sync) {
  static std::atomic<uint64_t> counter{0};
  const std::string temporary =
      absl::StrCat(path, ".tmp-", ::getpid(), "-", counter.fetch_add(1));
  UniqueFd fd(::open(temporary.c_str(),
                     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                     0600));
  if (!fd.is_open()) return ErrnoError("create", temporary);
  absl::Cleanup undo = [&temporary] { ::unlink(temporary.c_str()); };
  GANTRY_RETURN_IF_ERROR(WriteAndFlush(fd.get(), data, temporary, mode, sync));
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    return ErrnoError("rename", path);
  std::move(undo).Cancel();
  return sync ? SyncDirectory(ParentOf(path)) : absl::OkStatus();
}

absl::Status RemoveTree(int dir_fd, const std::string& name) {
  return TreeRemover().Remove(dir_fd, name);
}

absl::Status RemoveTree(const std::string& path) {
  return TreeRemover().Remove(AT_FDCWD, path);
}

absl::StatusOr<std::vector<std::string>> ListDirectory(
    const std::string& path) {
  std::unique_ptr<DIR, DirCloser> dir(::opendir(path.c_str()));
  if (dir == nullptr) return ErrnoError("list", path);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    if (!IsDotOrDotDot(entry->d_name)) names.emplace_back(entry->d_name);
  }
  if (errno != 0) return ErrnoError("list", path);
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status SyncDirectory(const std::string& path) {
  GANTRY_ASSIGN_OR_RETURN(const UniqueFd fd, OpenDirectory(path));
  if (::fsync(fd.get()) != 0) return ErrnoError("flush", path);
  return absl::OkStatus();
}

}  // namespace gantry
