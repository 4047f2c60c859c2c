#include "services/image/layer/layer_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/fs/file.h"
#include "common/status/status_macros.h"
#include "services/image/layer/entry_attributes.h"
#include "services/image/layer/entry_error.h"

namespace gantry::image {
namespace {

constexpr absl::string_view kWhiteoutPrefix = ".wh.";
constexpr absl::string_view kReservedPrefix = ".wh..wh.";
constexpr absl::string_view kOpaqueMarker = ".wh..wh..opq";
// Of all directories, whose times are set at the end.
constexpr int64_t kMaxDirectoryNameBytes = 256 << 20;

bool IsWhiteout(const struct stat& info) {
  return S_ISCHR(info.st_mode) && info.st_rdev == 0;
}

// What a directory's name says of the entries in it.
enum class Place { kPlain, kBookKeeping, kWhiteout };

Place PlaceOf(absl::string_view parent) {
  for (absl::string_view part : absl::StrSplit(parent, '/')) {
    // aufs' own.
    if (absl::StartsWith(part, kReservedPrefix)) return Place::kBookKeeping;
    if (absl::StartsWith(part, kWhiteoutPrefix)) return Place::kWhiteout;
  }
  return Place::kPlain;
}

absl::StatusOr<UniqueFd> OpenChildDirectory(int parent_fd,
                                            const std::string& base,
                                            absl::string_view name) {
  UniqueFd fd(::openat(parent_fd, base.c_str(),
                       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.is_open()) return EntryError("open", name);
  return fd;
}

}  // namespace

absl::Status LayerWriter::CheckEntryCount() const {
  if (entry_count_ + tree_.made_count() <= limits_.max_entries)
    return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "the layer has more than ", limits_.max_entries, " entries"));
}

absl::Status LayerWriter::Write(archive_entry* entry, TarReader& tar) {
  ++entry_count_;
  const char* raw_name = archive_entry_pathname(entry);
  if (raw_name == nullptr)
    return absl::InvalidArgumentError("an entry has no name");
  GANTRY_ASSIGN_OR_RETURN(const std::string name, CleanEntryName(raw_name));
  if (name.empty()) {
    GANTRY_RETURN_IF_ERROR(WriteRoot(entry));
  } else {
    GANTRY_RETURN_IF_ERROR(WriteBelowRoot(name, entry, tar));
  }
  return CheckEntryCount();
}

absl::Status LayerWriter::WriteBelowRoot(const std::string& name,
                                         archive_entry* entry, TarReader& tar) {
  const SplitName split = SplitEntryName(name);
  switch (PlaceOf(split.parent)) {
    case Place::kPlain:
      break;
    case Place::kBookKeeping:
      return absl::OkStatus();
    case Place::kWhiteout:
      return RefuseEntry(name, "lies in a whiteout");
  }
  GANTRY_ASSIGN_OR_RETURN(const int parent_fd, tree_.OpenOrMake(split.parent));
  const Target target{parent_fd, split.base, name};
  if (absl::StartsWith(target.base, kWhiteoutPrefix))
    return WriteWhiteout(target);
  const char* hard_link = archive_entry_hardlink(entry);
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
      return RefuseEntry(name, "is of an unknown type");
  }
}

absl::Status LayerWriter::WriteWhiteout(const Target& target) {
  if (target.base == kOpaqueMarker)
    return MakeOpaque(target.parent_fd, target.name);
  // Other names of this kind are aufs' own book-keeping.
  if (absl::StartsWith(target.base, kReservedPrefix)) return absl::OkStatus();
  const std::string hidden = target.base.substr(kWhiteoutPrefix.size());
  if (hidden.empty() || hidden == "." || hidden == "..") {
    return RefuseEntry(target.name, "is a whiteout of nothing");
  }
  struct stat info;
  if (::fstatat(target.parent_fd, hidden.c_str(), &info, AT_SYMLINK_NOFOLLOW) ==
      0) {
    // The layer's own entry stays and hides what is below: a directory only if
    // opaque.
    if (!S_ISDIR(info.st_mode)) return absl::OkStatus();
    GANTRY_ASSIGN_OR_RETURN(
        const UniqueFd fd,
        OpenChildDirectory(target.parent_fd, hidden, target.name));
    return MakeOpaque(fd.get(), target.name);
  }
  if (::mknodat(target.parent_fd, hidden.c_str(), S_IFCHR, 0) != 0) {
    return EntryError("make a whiteout for", target.name);
  }
  return absl::OkStatus();
}

absl::Status LayerWriter::WriteRoot(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr ||
      archive_entry_filetype(entry) != AE_IFDIR) {
    return RefuseEntry("/", "is the root, and no directory");
  }
  RemoveExtendedAttributes(tree_.root_fd());
  GANTRY_RETURN_IF_ERROR(SetAttributes(tree_.root_fd(), entry, "/"));
  return RememberTimes("", entry);
}

absl::Status LayerWriter::RemoveExisting(const Target& target) {
  if (::unlinkat(target.parent_fd, target.base.c_str(), 0) == 0) {
    tree_.Forget();
    return absl::OkStatus();
  }
  if (errno == ENOENT) return absl::OkStatus();
  tree_.Forget();
  return RemoveTree(target.parent_fd, target.base);
}

absl::Status LayerWriter::WriteDirectory(const Target& target,
                                         archive_entry* entry) {
  struct stat info;
  const bool exists = ::fstatat(target.parent_fd, target.base.c_str(), &info,
                                AT_SYMLINK_NOFOLLOW) == 0;
  const bool replaces = exists && !S_ISDIR(info.st_mode);
  if (replaces) GANTRY_RETURN_IF_ERROR(RemoveExisting(target));
  if (::mkdirat(target.parent_fd, target.base.c_str(), 0700) != 0 &&
      errno != EEXIST) {
    return EntryError("make directory", target.name);
  }
  GANTRY_ASSIGN_OR_RETURN(
      const UniqueFd fd,
      OpenChildDirectory(target.parent_fd, target.base, target.name));
  // What was there, a whiteout or a file, hid the directory below.
  if (replaces) GANTRY_RETURN_IF_ERROR(MakeOpaque(fd.get(), target.name));
  if (exists && !replaces) RemoveExtendedAttributes(fd.get());
  GANTRY_RETURN_IF_ERROR(RememberTimes(target.name, entry));
  return SetAttributes(fd.get(), entry, target.name);
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
  if (!fd.is_open()) return EntryError("create", target.name);
  GANTRY_RETURN_IF_ERROR(WriteContent(target, fd.get(), size, tar));
  return SetAttributes(fd.get(), entry, target.name);
}

absl::Status LayerWriter::WriteContent(const Target& target, int fd,
                                       int64_t size, TarReader& tar) {
  int64_t written_to = 0;
  while (true) {
    GANTRY_ASSIGN_OR_RETURN(const auto block, tar.ReadBlock());
    if (!block.has_value()) break;
    const auto length = static_cast<int64_t>(block->data.size());
    if (block->offset_bytes < written_to ||
        block->offset_bytes > size - length) {
      return RefuseEntry(target.name, "has content beyond its size");
    }
    if (block->offset_bytes != written_to &&
        ::lseek(fd, block->offset_bytes, SEEK_SET) < 0) {
      return EntryError("seek in", target.name);
    }
    GANTRY_RETURN_IF_ERROR(WriteAll(fd, block->data, QuotedName(target.name)));
    written_to = block->offset_bytes + length;
  }
  // A hole at the end is written by nobody.
  if (written_to < size && ::ftruncate(fd, size) != 0) {
    return EntryError("extend", target.name);
  }
  return absl::OkStatus();
}

absl::Status LayerWriter::WriteHardLink(const Target& target,
                                        absl::string_view link) {
  GANTRY_ASSIGN_OR_RETURN(const std::string source_name, CleanEntryName(link));
  if (source_name == target.name) return absl::OkStatus();
  const SplitName split = SplitEntryName(source_name);
  const absl::StatusOr<UniqueFd> source_parent = tree_.Open(split.parent);
  struct stat info;
  if (split.base.empty() || !source_parent.ok() ||
      ::fstatat(source_parent->get(), split.base.c_str(), &info,
                AT_SYMLINK_NOFOLLOW) != 0 ||
      S_ISDIR(info.st_mode) || IsWhiteout(info)) {
    return RefuseEntry(target.name,
                       absl::StrCat("is a hard link to ", QuotedName(link),
                                    ", which is no file of the layer"));
  }
  GANTRY_RETURN_IF_ERROR(RemoveExisting(target));
  // Neither end is followed, and the attributes are those of the first name.
  if (::linkat(source_parent->get(), split.base.c_str(), target.parent_fd,
               target.base.c_str(), 0) != 0) {
    return EntryError("link", target.name);
  }
  return absl::OkStatus();
}

absl::Status LayerWriter::WriteSymlink(const Target& target,
                                       archive_entry* entry) {
  const char* content = archive_entry_symlink(entry);
  if (content == nullptr || *content == '\0') {
    return RefuseEntry(target.name, "is a symbolic link to nothing");
  }
  GANTRY_RETURN_IF_ERROR(RemoveExisting(target));
  if (::symlinkat(content, target.parent_fd, target.base.c_str()) != 0) {
    return EntryError("make the symbolic link", target.name);
  }
  return SetAttributesOf(target, entry, S_IFLNK);
}

absl::Status LayerWriter::WriteSpecial(const Target& target,
                                       archive_entry* entry) {
  const mode_t type = archive_entry_filetype(entry);
  const dev_t device = type == AE_IFIFO
                           ? 0
                           : makedev(archive_entry_rdevmajor(entry),
                                     archive_entry_rdevminor(entry));
  if (type == AE_IFCHR && device == 0) {
    return RefuseEntry(
        target.name,
        "is the character device 0/0, which stands for a whiteout");
  }
  GANTRY_RETURN_IF_ERROR(RemoveExisting(target));
  if (::mknodat(target.parent_fd, target.base.c_str(), type | 0600, device) !=
      0) {
    return EntryError("make the device", target.name);
  }
  return SetAttributesOf(target, entry, type);
}

absl::Status LayerWriter::SetAttributesOf(const Target& target,
                                          archive_entry* entry, mode_t type) {
  const UniqueFd fd(::openat(target.parent_fd, target.base.c_str(),
                             O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat info;
  if (!fd.is_open() || ::fstat(fd.get(), &info) != 0) {
    return EntryError("open", target.name);
  }
  if ((info.st_mode & S_IFMT) != type) {
    return RefuseEntry(target.name, "was changed while it was made");
  }
  return SetAttributes(fd.get(), entry, target.name);
}

absl::Status LayerWriter::RememberTimes(const std::string& name,
                                        archive_entry* entry) {
  directory_name_bytes_ += static_cast<int64_t>(name.size());
  if (directory_name_bytes_ > kMaxDirectoryNameBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the names of the layer's directories have more than ",
                     kMaxDirectoryNameBytes, " bytes"));
  }
  directory_times_.emplace_back(name, TimesOf(entry));
  return absl::OkStatus();
}

absl::Status LayerWriter::Finish() {
  for (const auto& [name, times] : directory_times_) {
    const absl::StatusOr<UniqueFd> fd =
        OpenInRoot(tree_.root_fd(), name.empty() ? "." : name,
                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    // It may have been replaced by a later entry.
    if (fd.ok()) ::futimens(fd->get(), times.data());
  }
  return absl::OkStatus();
}

}  // namespace gantry::image
