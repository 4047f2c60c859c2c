#include "ctl/commands/cid_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/fs/file.h"

namespace gantry::ctl {

absl::StatusOr<CidFile> CidFile::Create(const std::string& path) {
  if (path.empty()) return CidFile("", UniqueFd());
  UniqueFd fd(
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd.is_open() && errno == EEXIST) {
    return absl::AlreadyExistsError(absl::StrCat(
        "container ID file found, make sure the other container isn't running "
        "or delete ",
        path));
  }
  if (!fd.is_open()) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat("failed to create the container ID file ", path));
  }
  return CidFile(path, std::move(fd));
}

CidFile::CidFile(std::string path, UniqueFd fd)
    : path_(std::move(path)), fd_(std::move(fd)) {}

CidFile::~CidFile() {
  if (fd_.is_open() && !written_) unlink(path_.c_str());
}

absl::Status CidFile::Write(const std::string& id) {
  if (!fd_.is_open()) return absl::OkStatus();
  written_ = true;
  return WriteAll(fd_.get(), id, path_);
}

}  // namespace gantry::ctl
