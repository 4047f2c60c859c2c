// The file that --cidfile names: made before the container so that it is known
// to be new, and removed again if nothing was written to it.
//
// Threads: one at a time.

#ifndef GANTRY_CTL_COMMANDS_CID_FILE_H_
#define GANTRY_CTL_COMMANDS_CID_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/fs/unique_fd.h"

namespace gantry::ctl {

class CidFile {
 public:
  // An empty path stands for no file, to which nothing is written.
  //
  // ALREADY_EXISTS: the file is there.
  // NOT_FOUND, PERMISSION_DENIED and the like: it cannot be made.
  static absl::StatusOr<CidFile> Create(const std::string& path);

  ~CidFile();
  CidFile(CidFile&&) = default;

  // Call once.
  absl::Status Write(const std::string& id);

 private:
  CidFile(std::string path, UniqueFd fd);

  std::string path_;
  UniqueFd fd_;
  bool written_ = false;
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_COMMANDS_CID_FILE_H_
