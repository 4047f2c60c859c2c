#include "services/image/layer/layer_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/fs/file.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace gantry::image {
namespace {

constexpr absl::string_view kWhiteoutPrefix = ".wh.";
constexpr absl::string_view kReservedPrefix = ".wh..wh.";
constexpr absl::string_view kOpaqueMarker = ".wh..wh..opq";
constexpr char kOpaqueAttribute[] = "trusted.overlay.opaque";

absl::Status ErrnoError(absl::string_view what, absl::string_view name) {
  const int error = errno;
  const std::string text =
      absl::StrCat(what, " \"", absl::CHexEscape(name), "\"");
  if (error == ENOSPC || error == EDQUOT) {
    return absl::ResourceExhaustedError(
        absl::StrCat(text, ": the disk is full"));
  }
  if (error == ENOENT || error == ENOTDIR || error == ELOOP ||
      error == ENAMETOOLONG || error == EEXIST || error == EXDEV ||
      error == EINVAL) {
    return absl::InvalidArgumentError(
        absl::StrCat(text, ": ", strerror(error)));
  }
  return absl::ErrnoToStatus(error, text);
}

absl::Status Refuse(absl::string_view name, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("the entry \"", absl::CHexEscape(name), "\" ", why));
}

absl::Status MakeOpaque(int dir_fd, absl::string_view name) {
  if (::fsetxattr(dir_fd, kOpaqueAttribute, "y", 1, 0) == 0)
    return absl::OkStatus();
  return ErrnoError("make opaque", name);
}

bool IsWhiteout(const struct stat& info) {
  return S_ISCHR(info.st_mode) && info.st_rdev == 0;
}

absl::StatusOr<UniqueFd> OpenChildDirectory(int parent_fd,
                                            const std::string& base,
                                            absl::string_view name) {
  UniqueFd fd(::openat(parent_fd, base.c_str(),
                       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.is_open()) return ErrnoError("open", name);
  return fd;
}

std::array<timespec, 2> TimesOf(archive_entry* entry) {
  const timespec time = {archive_entry_mtime(entry),
                         archive_entry_mtime_nsec(entry)};
  return {time, time};
}

// Attributes that say something to overlayfs are not the image's to set.
bool IsTakenOver(absl::string_view attribute) {
  return !absl::StartsWith(attribute, "trusted.overlay.") &&
         !absl::StartsWith(attribute, "user.overlay.");
}

absl::Status SetExtendedAttributes(const std::string& path,
                                   archive_entry* entry,
                                   absl::string_view name) {
  archive_entry_xattr_reset(entry);
  const char* attribute = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  while (archive_entry_xattr_next(entry, &attribute, &value, &size) ==
         ARCHIVE_OK) {
    if (!IsTakenOver(attribute)) continue;
    // A file system or a security module that does not know it is no reason to
    // refuse the image.
    if (::lsetxattr(path.c_str(), attribute, value, size, 0) != 0 &&
        errno == ENOSPC) {
      return ErrnoError("set an attribute of", name);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status LayerWriter::MakeParents(const std::string& parent) {
  std::string made;
  for (absl::string_view part : absl::StrSplit(parent, '/')) {
    const std::string above = made;
    absl::StrAppend(&made, made.empty() ? "" : "/", part);
    GANTRY_ASSIGN_OR_RETURN(const UniqueFd fd,
                            OpenInRoot(root_.get(), above.empty() ? "." : above,
                                       O_RDONLY | O_DIRECTORY));
    if (::mkdirat(fd.get(), std::string(part).c_str(), 0755) == 0) {
      // Whatever the umask.
      if (::fchmodat(fd.get(), std::string(part).c_str(), 0755, 0) != 0) {
        return ErrnoError("set the mode of", made);
      }
    } else if (errno != EEXIST) {
      return ErrnoError("make directory", made);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<int> LayerWriter::OpenParent(const std::string& parent) {
  if (parent.empty()) return root_.get();
  if (cached_parent_fd_.is_open() && parent == cached_parent_) {
    return cached_parent_fd_.get();
  }
  absl::StatusOr<UniqueFd> fd =
      OpenInRoot(root_.get(), parent, O_RDONLY | O_DIRECTORY);
  if (absl::IsNotFound(fd.status())) {
    GANTRY_RETURN_IF_ERROR(MakeParents(parent));
    fd = OpenInRoot(root_.get(), parent, O_RDONLY | O_DIRECTORY);
  }
  if (!fd.ok()) {
    return Refuse(parent, absl::StrCat("is no directory to put entries into: ",
                                       fd.status().message()));
  }
  cached_parent_ = parent;
  cached_parent_fd_ = *std::move(fd);
  return cached_parent_fd_.get();
}

absl::Status LayerWriter::Write(archive_entry* entry, TarReader& tar) {
  if (++entry_count_ > limits_.max_entries) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the layer has more than ", limits_.max_entries, " entries"));
  }
  const char* raw_name = archive_entry_pathname(entry);
  if (raw_name == nullptr)
    return absl::InvalidArgumentError("an entry has no name");
  GANTRY_ASSIGN_OR_RETURN(const std::string name, CleanEntryName(raw_name));
  const char* hard_link = archive_entry_hardlink(entry);
  if (name.empty()) return WriteRoot(entry);
  const SplitName split = SplitEntryName(name);
  GANTRY_ASSIGN_OR_RETURN(const int parent_fd, OpenParent(split.parent));
  const Target target{parent_fd, split.base, name};
  GANTRY_ASSIGN_OR_RETURN(const bool whiteout, WriteWhiteout(target));
  if (whiteout) return absl::OkStatus();
  if (hard_link != nullptr) return WriteHardLink(target, hard_link);
  switch (archive_entry_filetype(entry)) {
    case AE_IFDIR:
      return WriteDirectory(target, entry);
    case AE_IFREG:
      return WriteFile(target, entry, tar);
    case AE_IFLNK:
      return WriteSymlink(target, entry);
    case AE_IFCHR:
    case AE_IFBLK:
    case AE_IFIFO:
      return WriteSpecial(target, entry);
    // Sockets exist only while a program listens on them.
    case AE_IFSOCK:
      return absl::OkStatus();
    default:
      return Refuse(name, "is of an unknown type");
  }
}

absl::StatusOr<bool> LayerWriter::WriteWhiteout(const Target& target) {
  absl::string_view hidden = target.base;
  if (!absl::ConsumePrefix(&hidden, kWhiteoutPrefix)) return false;
  if (target.base == kOpaqueMarker) {
    GANTRY_RETURN_IF_ERROR(MakeOpaque(target.parent_fd, target.name));
    return true;
  }
  // Other names of this kind are aufs' own book-keeping.
  if (absl::StartsWith(target.base, kReservedPrefix)) return true;
  if (hidden.empty() || hidden == "." || hidden == "..") {
    return Refuse(target.name, "is a whiteout of nothing");
  }
  const std::string base(hidden);
  struct stat info;
  if (::fstatat(target.parent_fd, base.c_str(), &info, AT_SYMLINK_NOFOLLOW) ==
      0) {
    // The layer's own entry stays and hides what is below: a directory only if
    // opaque.
    if (!S_ISDIR(info.st_mode)) return true;
    GANTRY_ASSIGN_OR_RETURN(
        const UniqueFd fd,
        OpenChildDirectory(target.parent_fd, base, target.name));
    GANTRY_RETURN_IF_ERROR(MakeOpaque(fd.get(), target.name));
    return true;
  }
  if (::mknodat(target.parent_fd, base.c_str(), S_IFCHR, 0) != 0) {
    return ErrnoError("make a whiteout for", target.name);
  }
  return true;
}

absl::Status LayerWriter::WriteRoot(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr ||
      archive_entry_filetype(entry) != AE_IFDIR) {
    return Refuse("/", "is the root, and no directory");
  }
  if (::fchown(root_.get(), static_cast<uid_t>(archive_entry_uid(entry)),
               static_cast<gid_t>(archive_entry_gid(entry))) != 0 ||
      ::fchmod(root_.get(), archive_entry_perm(entry)) != 0) {
    return ErrnoError("set the attributes of", "/");
  }
  directory_times_.emplace_back(".", TimesOf(entry));
  return SetExtendedAttributes(
      absl::StrCat("/proc/self/fd/", root_.get(), "/."), entry, "/");
}

absl::Status LayerWriter::RemoveExisting(const Target& target) {
  // A directory that goes may be the cached one or lie above it.
  if (::unlinkat(target.parent_fd, target.base.c_str(), 0) == 0 ||
      errno == ENOENT) {
    return absl::OkStatus();
  }
  if (cached_parent_ != SplitEntryName(target.name).parent)
    cached_parent_fd_.reset();
  return RemoveTree(target.parent_fd, target.base);
}

absl::Status LayerWriter::WriteDirectory(const Target& target,
                                         archive_entry* entry) {
  struct stat info;
  bool opaque = false;
  if (::fstatat(target.parent_fd, target.base.c_str(), &info,
                AT_SYMLINK_NOFOLLOW) == 0 &&
      !S_ISDIR(info.st_mode)) {
    // Whiteout and directory of one name: what is below must stay hidden.
    opaque = IsWhiteout(info);
    GANTRY_RETURN_IF_ERROR(RemoveExisting(target));
  }
  if (::mkdirat(target.parent_fd, target.base.c_str(), 0700) != 0 &&
      errno != EEXIST) {
    return ErrnoError("make directory", target.name);
  }
  if (opaque) {
    GANTRY_ASSIGN_OR_RETURN(
        const UniqueFd fd,
        OpenChildDirectory(target.parent_fd, target.base, target.name));
    GANTRY_RETURN_IF_ERROR(MakeOpaque(fd.get(), target.name));
  }
  directory_times_.emplace_back(target.name, TimesOf(entry));
  return SetAttributes(target, entry);
}

absl::Status LayerWriter::WriteFile(const Target& target, archive_entry* entry,
                                    TarReader& tar) {
  const int64_t size = archive_entry_size(entry);
  if (size < 0 || size > limits_.max_bytes - size_bytes_) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the layer's files have more than ", limits_.max_bytes, " bytes"));
  }
  size_bytes_ += size;
  GANTRY_RETURN_IF_ERROR(RemoveExisting(target));
  const UniqueFd fd(
      ::openat(target.parent_fd, target.base.c_str(),
               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.is_open()) return ErrnoError("create", target.name);
  int64_t written_to = 0;
  while (true) {
    GANTRY_ASSIGN_OR_RETURN(const auto block, tar.ReadBlock());
    if (!block.has_value()) break;
    const auto length = static_cast<int64_t>(block->data.size());
    if (block->offset_bytes < written_to ||
        block->offset_bytes > size - length) {
      return Refuse(target.name, "has content beyond its size");
    }
    if (block->offset_bytes != written_to &&
        ::lseek(fd.get(), block->offset_bytes, SEEK_SET) < 0) {
      return ErrnoError("seek in", target.name);
    }
    GANTRY_RETURN_IF_ERROR(WriteAll(fd.get(), block->data, target.name));
    written_to = block->offset_bytes + length;
  }
  // A hole at the end is written by nobody.
  if (written_to < size && ::ftruncate(fd.get(), size) != 0) {
    return ErrnoError("extend", target.name);
  }
  return SetAttributes(target, entry);
}

absl::Status LayerWriter::WriteHardLink(const Target& target,
                                        absl::string_view link) {
  GANTRY_ASSIGN_OR_RETURN(const std::string source_name, CleanEntryName(link));
  if (source_name == target.name) return absl::OkStatus();
  const SplitName split = SplitEntryName(source_name);
  const absl::StatusOr<UniqueFd> source_parent =
      OpenInRoot(root_.get(), split.parent.empty() ? "." : split.parent,
                 O_RDONLY | O_DIRECTORY);
  struct stat info;
  if (split.base.empty() || !source_parent.ok() ||
      ::fstatat(source_parent->get(), split.base.c_str(), &info,
                AT_SYMLINK_NOFOLLOW) != 0 ||
      S_ISDIR(info.st_mode) || IsWhiteout(info)) {
    return Refuse(target.name,
                  absl::StrCat("is a hard link to \"",
                               absl::CHexEscape(link.substr(0, 200)),
                               "\", which is no file of the layer"));
  }
  GANTRY_RETURN_IF_ERROR(RemoveExisting(target));
  // Neither end is followed, and the attributes are those of the first name.
  if (::linkat(source_parent->get(), split.base.c_str(), target.parent_fd,
               target.base.c_str(), 0) != 0) {
    return ErrnoError("link", target.name);
  }
  return absl::OkStatus();
}

absl::Status LayerWriter::WriteSymlink(const Target& target,
                                       archive_entry* entry) {
  const char* content = archive_entry_symlink(entry);
  if (content == nullptr || *content == '\0') {
    return Refuse(target.name, "is a symbolic link to nothing");
  }
  GANTRY_RETURN_IF_ERROR(RemoveExisting(target));
  if (::symlinkat(content, target.parent_fd, target.base.c_str()) != 0) {
    return ErrnoError("make the symbolic link", target.name);
  }
  return SetAttributes(target, entry);
}

absl::Status LayerWriter::WriteSpecial(const Target& target,
                                       archive_entry* entry) {
  const mode_t type = archive_entry_filetype(entry);
  const dev_t device = type == AE_IFIFO
                           ? 0
                           : makedev(archive_entry_rdevmajor(entry),
                                     archive_entry_rdevminor(entry));
  if (type == AE_IFCHR && device == 0) {
    return Refuse(target.name,
                  "is the character device 0/0, which stands for a whiteout");
  }
  GANTRY_RETURN_IF_ERROR(RemoveExisting(target));
  if (::mknodat(target.parent_fd, target.base.c_str(), type | 0600, device) !=
      0) {
    return ErrnoError("make the device", target.name);
  }
  return SetAttributes(target, entry);
}

absl::Status LayerWriter::SetAttributes(const Target& target,
                                        archive_entry* entry) {
  const char* base = target.base.c_str();
  const bool is_link = archive_entry_filetype(entry) == AE_IFLNK;
  if (::fchownat(target.parent_fd, base,
                 static_cast<uid_t>(archive_entry_uid(entry)),
                 static_cast<gid_t>(archive_entry_gid(entry)),
                 AT_SYMLINK_NOFOLLOW) != 0) {
    return ErrnoError("change the owner of", target.name);
  }
  // Just made by us and not a link, so nothing is followed.
  if (!is_link &&
      ::fchmodat(target.parent_fd, base, archive_entry_perm(entry), 0) != 0) {
    return ErrnoError("change the mode of", target.name);
  }
  if (archive_entry_xattr_count(entry) > 0) {
    GANTRY_RETURN_IF_ERROR(SetExtendedAttributes(
        absl::StrCat("/proc/self/fd/", target.parent_fd, "/", target.base),
        entry, target.name));
  }
  const std::array<timespec, 2> times = TimesOf(entry);
  if (::utimensat(target.parent_fd, base, times.data(), AT_SYMLINK_NOFOLLOW) !=
      0) {
    return ErrnoError("change the times of", target.name);
  }
  return absl::OkStatus();
}

absl::Status LayerWriter::Finish() {
  cached_parent_fd_.reset();
  for (const auto& [name, times] : directory_times_) {
    const absl::StatusOr<UniqueFd> fd =
        OpenBeneath(root_.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    // It may have been replaced by a later entry.
    if (fd.ok()) ::futimens(fd->get(), times.data());
  }
  return absl::OkStatus();
}

}  // namespace gantry::image
