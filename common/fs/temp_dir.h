// A directory that is removed with everything in it. For tests and for work
// that leaves nothing behind.

#ifndef GANTRY_COMMON_FS_TEMP_DIR_H_
#define GANTRY_COMMON_FS_TEMP_DIR_H_

#include <string>

#include "absl/status/statusor.h"

namespace gantry {

class TempDir {
 public:
  // A new directory, mode 0700, below `parent`, or below $TEST_TMPDIR, $TMPDIR
  // or /tmp if it is empty.
  static absl::StatusOr<TempDir> Create(const std::string& parent = "");

  ~TempDir();
  TempDir(TempDir&& other) noexcept;
  TempDir& operator=(TempDir&& other) noexcept;
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit TempDir(std::string path);
  std::string path_;
};

}  // namespace gantry

#endif  // GANTRY_COMMON_FS_TEMP_DIR_H_
