#include "services/runtime/spec/working_dir.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/fs/file.h"
#include "common/fs/unique_fd.h"
#include "common/status/status_macros.h"
#include "services/runtime/spec/container_path.h"

namespace gantry::runtime {
namespace {

constexpr int kDirectory = O_PATH | O_DIRECTORY;
constexpr mode_t kMode = 0755;

bool IsBelow(absl::string_view path, absl::string_view dir) {
  return path == dir || absl::StartsWith(path, absl::StrCat(dir, "/"));
}

absl::Status NotADirectory(const std::string& path, const std::string& prefix) {
  return absl::InvalidArgumentError(
      absl::StrCat("invalid working directory \"", path, "\": ", prefix,
                   " is not a directory in the container"));
}

// Makes `prefix`, whose parent is `parent_fd`, if it is missing; opens it.
absl::StatusOr<UniqueFd> EnterOrMake(int root_fd, int parent_fd,
                                     const std::string& prefix,
                                     const std::string& name) {
  absl::StatusOr<UniqueFd> dir = OpenInRoot(root_fd, prefix, kDirectory);
  if (!absl::IsNotFound(dir.status())) return dir;
  if (::mkdirat(parent_fd, name.c_str(), kMode) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("make ", prefix));
  }
  // Whatever the umask.
  if (::fchmodat(parent_fd, name.c_str(), kMode, 0) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("change mode of ", prefix));
  }
  return OpenInRoot(root_fd, prefix, kDirectory);
}

}  // namespace

absl::StatusOr<std::string> CleanWorkingDir(absl::string_view path) {
  if (path.empty()) return "/";
  if (path[0] != '/') {
    return absl::InvalidArgumentError(
        absl::StrCat("the working directory '", path,
                     "' is invalid, it needs to be an absolute path"));
  }
  const std::string clean = CleanPath(path);
  const std::vector<absl::string_view> parts =
      absl::StrSplit(clean, '/', absl::SkipEmpty());
  if (parts.size() > 1 && parts[0] == "proc" &&
      (parts[1] == "self" || parts[1] == "thread-self" ||
       absl::ascii_isdigit(static_cast<unsigned char>(parts[1][0])))) {
    return absl::InvalidArgumentError(absl::StrCat(
        "invalid working directory \"", path, "\": it belongs to a process"));
  }
  return clean;
}

absl::Status MakeWorkingDir(int root_fd, const std::string& path) {
  if (path == "/" || IsBelow(path, "/proc") || IsBelow(path, "/sys") ||
      IsBelow(path, "/dev")) {
    return absl::OkStatus();
  }
  GANTRY_ASSIGN_OR_RETURN(UniqueFd dir, OpenInRoot(root_fd, "/", kDirectory));
  std::string prefix;
  for (const absl::string_view part :
       absl::StrSplit(path, '/', absl::SkipEmpty())) {
    absl::StrAppend(&prefix, "/", part);
    absl::StatusOr<UniqueFd> next =
        EnterOrMake(root_fd, dir.get(), prefix, std::string(part));
    if (absl::IsFailedPrecondition(next.status()) ||
        absl::IsAlreadyExists(next.status())) {
      return NotADirectory(path, prefix);
    }
    GANTRY_RETURN_IF_ERROR(next.status());
    dir = *std::move(next);
  }
  return absl::OkStatus();
}

}  // namespace gantry::runtime
