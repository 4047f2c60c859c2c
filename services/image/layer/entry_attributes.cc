#include "services/image/layer/entry_attributes.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"
#include "services/image/layer/entry_error.h"

namespace gantry::image {
namespace {

// The greatest one says "unchanged" to chown.
constexpr int64_t kMaxOwner = std::numeric_limits<uint32_t>::max() - 1;

bool IsOverlayAttribute(absl::string_view attribute) {
  return absl::StartsWith(attribute, "trusted.overlay.") ||
         absl::StartsWith(attribute, "user.overlay.");
}

absl::StatusOr<uint32_t> OwnerOf(int64_t id, absl::string_view name) {
  if (id >= 0 && id <= kMaxOwner) return static_cast<uint32_t>(id);
  return RefuseEntry(
      name, absl::StrCat("belongs to ", id, ", which is no user or group id"));
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
    if (IsOverlayAttribute(attribute)) continue;
    // A file system or a security module that does not know it is no reason to
    // refuse the image.
    if (::setxattr(path.c_str(), attribute, value, size, 0) != 0 &&
        (errno == ENOSPC || errno == EDQUOT)) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "no room for the extended attributes of ", QuotedName(name),
          ": they are more than the file system takes, or the disk is full"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::array<timespec, 2> TimesOf(archive_entry* entry) {
  const timespec time = {archive_entry_mtime(entry),
                         archive_entry_mtime_nsec(entry)};
  return {time, time};
}

absl::Status SetAttributes(int fd, archive_entry* entry,
                           absl::string_view name) {
  GANTRY_ASSIGN_OR_RETURN(const uint32_t uid,
                          OwnerOf(archive_entry_uid(entry), name));
  GANTRY_ASSIGN_OR_RETURN(const uint32_t gid,
                          OwnerOf(archive_entry_gid(entry), name));
  if (::fchownat(fd, "", uid, gid, AT_EMPTY_PATH) != 0) {
    return EntryError("change the owner of", name);
  }
  const auto type = archive_entry_filetype(entry);
  const bool is_path = type != AE_IFREG && type != AE_IFDIR;
  // The kernel's link to the open file itself, a symbolic link included: what
  // works where the descriptor of a link or a device does not.
  const std::string self = absl::StrCat("/proc/self/fd/", fd);
  const mode_t mode = archive_entry_perm(entry);
  if (type != AE_IFLNK &&
      (is_path ? ::chmod(self.c_str(), mode) : ::fchmod(fd, mode)) != 0) {
    return EntryError("change the mode of", name);
  }
  if (archive_entry_xattr_count(entry) > 0) {
    GANTRY_RETURN_IF_ERROR(SetExtendedAttributes(self, entry, name));
  }
  const std::array<timespec, 2> times = TimesOf(entry);
  if ((is_path ? ::utimensat(AT_FDCWD, self.c_str(), times.data(), 0)
               : ::futimens(fd, times.data())) != 0) {
    return EntryError("change the times of", name);
  }
  return absl::OkStatus();
}

void RemoveExtendedAttributes(int dir_fd) {
  const ssize_t size = ::flistxattr(dir_fd, nullptr, 0);
  if (size <= 0) return;
  std::string list(static_cast<size_t>(size), '\0');
  const ssize_t got = ::flistxattr(dir_fd, list.data(), list.size());
  if (got <= 0) return;
  list.resize(static_cast<size_t>(got));
  const std::vector<std::string> names =
      absl::StrSplit(list, '\0', absl::SkipEmpty());
  for (const std::string& name : names) {
    if (IsOverlayAttribute(name) || name == "security.selinux" ||
        absl::StartsWith(name, "security.SMACK64")) {
      continue;
    }
    ::fremovexattr(dir_fd, name.c_str());
  }
}

absl::Status MakeOpaque(int dir_fd, absl::string_view name) {
  if (::fsetxattr(dir_fd, kOpaqueAttribute, "y", 1, 0) == 0)
    return absl::OkStatus();
  return EntryError("make opaque", name);
}

}  // namespace gantry::image
