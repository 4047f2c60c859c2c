// Whole files and directories, opened below a directory descriptor so that no
// symbolic link and no ".." leads out of it. All descriptors are close-on-exec.
//
// Errors carry the errno's code (absl::ErrnoToStatus) and name the path:
// NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, RESOURCE_EXHAUSTED (full disk).
//
// Threads: free functions; the same path by two threads as the kernel orders
// it.

#ifndef GANTRY_COMMON_FS_FILE_H_
#define GANTRY_COMMON_FS_FILE_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/fs/unique_fd.h"

namespace gantry {

// AT_FDCWD for a path that Gantry itself was configured with.
absl::StatusOr<UniqueFd> OpenDirectory(const std::string& path);

// open(2) of `path` beneath `dir_fd` (openat2 with RESOLVE_BENEATH and
// RESOLVE_NO_MAGICLINKS): symbolic links are followed as long as they stay
// beneath. O_CLOEXEC is added to `flags`.
absl::StatusOr<UniqueFd> OpenBeneath(int dir_fd, const std::string& path,
                                     int flags, mode_t mode = 0);

// As OpenBeneath, but `dir_fd` is the root for absolute paths, absolute links
// and ".." (RESOLVE_IN_ROOT): as a process inside would see it.
absl::StatusOr<UniqueFd> OpenInRoot(int root_fd, const std::string& path,
                                    int flags, mode_t mode = 0);

// mkdir -p of a path that Gantry itself was configured with. New directories
// get `mode` whatever the umask; existing ones are left alone.
absl::Status MakeDirectories(const std::string& path, mode_t mode);

// The whole regular file, at most `max_bytes`.
//
// FAILED_PRECONDITION: not a regular file.
// RESOURCE_EXHAUSTED: it is longer.
absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     int64_t max_bytes);
absl::StatusOr<std::string> ReadFd(int fd, absl::string_view name,
                                   int64_t max_bytes);

// Writes all of `data`, whatever short writes come.
absl::Status WriteAll(int fd, absl::string_view data, absl::string_view name);

// Replaces the file in one step: temporary file in the same directory, rename.
// With `sync`, file and directory are flushed before it returns.
absl::Status WriteFileAtomically(const std::string& path,
                                 absl::string_view data, mode_t mode,
                                 bool sync);

// Removes whatever is at `name` in `dir_fd`, a tree or a file, never following
// a symbolic link. What is not there is no error.
absl::Status RemoveTree(int dir_fd, const std::string& name);
absl::Status RemoveTree(const std::string& path);

// Names in a directory, without "." and "..", sorted.
absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path);

// Flushes a directory's entries to the disk.
absl::Status SyncDirectory(const std::string& path);

}  // namespace gantry

#endif  // GANTRY_COMMON_FS_FILE_H_
