#include "services/image/layer/layer_tree.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <deque>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/fs/file.h"
#include "common/status/status_macros.h"
#include "services/image/layer/entry_attributes.h"
#include "services/image/layer/entry_error.h"

namespace gantry::image {
namespace {

constexpr int kMaxLinks = 40;

UniqueFd OpenChild(int parent_fd, const std::string& base) {
  return UniqueFd(::openat(parent_fd, base.c_str(),
                           O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

absl::StatusOr<UniqueFd> OpenNewChild(int parent_fd, const std::string& base,
                                      const std::string& name) {
  UniqueFd fd = OpenChild(parent_fd, base);
  // Whatever the umask.
  if (!fd.is_open() || ::fchmod(fd.get(), 0755) != 0) {
    return EntryError("make directory", name);
  }
  return fd;
}

// Symbolic links can nest directories deeper than a path can tell, and then
// nothing that works with paths could ever remove them.
absl::Status CheckDepth(int fd, const std::string& name) {
  std::array<char, PATH_MAX> path;
  if (::readlink(absl::StrCat("/proc/self/fd/", fd).c_str(), path.data(),
                 path.size()) < 0) {
    return EntryError("find", name);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<UniqueFd> LayerTree::Open(const std::string& name) const {
  return OpenInRoot(root_.get(), name.empty() ? "." : name,
                    O_RDONLY | O_DIRECTORY);
}

absl::StatusOr<int> LayerTree::OpenOrMake(const std::string& name) {
  if (name.empty()) return root_.get();
  if (name == cached_name_) return cached_fd_.get();
  cached_name_.clear();
  absl::StatusOr<UniqueFd> fd = Open(name);
  if (!fd.ok()) fd = Make(name);
  if (!fd.ok()) return fd.status();
  GANTRY_RETURN_IF_ERROR(CheckDepth(fd->get(), name));
  cached_fd_ = *std::move(fd);
  cached_name_ = name;
  return cached_fd_.get();
}

absl::StatusOr<UniqueFd> LayerTree::Make(const std::string& name) {
  std::deque<std::string> rest = absl::StrSplit(name, '/', absl::SkipEmpty());
  // Where `current` is: directories only, no links.
  std::vector<std::string> place;
  GANTRY_ASSIGN_OR_RETURN(UniqueFd current, Open(""));
  int links = 0;
  while (!rest.empty()) {
    const std::string base = std::move(rest.front());
    rest.pop_front();
    if (base == ".") continue;
    if (base == "..") {
      if (!place.empty()) place.pop_back();
      GANTRY_ASSIGN_OR_RETURN(current, Open(absl::StrJoin(place, "/")));
      continue;
    }
    GANTRY_ASSIGN_OR_RETURN(UniqueFd child,
                            OpenOrMakeChild(current.get(), base, name));
    if (child.is_open()) {
      place.push_back(base);
      current = std::move(child);
      continue;
    }
    std::array<char, PATH_MAX> target;
    const ssize_t size =
        ::readlinkat(current.get(), base.c_str(), target.data(), target.size());
    if (size < 0 || ++links > kMaxLinks) {
      if (size >= 0) errno = ELOOP;
      return EntryError("find", name);
    }
    const absl::string_view link(target.data(), static_cast<size_t>(size));
    const std::vector<std::string> parts =
        absl::StrSplit(link, '/', absl::SkipEmpty());
    rest.insert(rest.begin(), parts.begin(), parts.end());
    if (link.substr(0, 1) == "/") {
      place.clear();
      GANTRY_ASSIGN_OR_RETURN(current, Open(""));
    }
  }
  return current;
}

absl::StatusOr<UniqueFd> LayerTree::OpenOrMakeChild(int parent_fd,
                                                    const std::string& base,
                                                    const std::string& name) {
  if (::mkdirat(parent_fd, base.c_str(), 0755) == 0) {
    ++made_count_;
    return OpenNewChild(parent_fd, base, name);
  }
  if (errno != EEXIST) return EntryError("make directory", name);
  UniqueFd fd = OpenChild(parent_fd, base);
  if (fd.is_open()) return fd;
  struct stat info;
  if (::fstatat(parent_fd, base.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return EntryError("find", name);
  }
  if (S_ISLNK(info.st_mode)) return UniqueFd();
  if (::unlinkat(parent_fd, base.c_str(), 0) != 0 ||
      ::mkdirat(parent_fd, base.c_str(), 0755) != 0) {
    return EntryError("make directory", name);
  }
  ++made_count_;
  GANTRY_ASSIGN_OR_RETURN(fd, OpenNewChild(parent_fd, base, name));
  // What it replaces, a file or a whiteout, hid the directory below.
  GANTRY_RETURN_IF_ERROR(MakeOpaque(fd.get(), name));
  return fd;
}

}  // namespace gantry::image
