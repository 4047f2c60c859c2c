#include "services/runtime/shim/sealed_program.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "common/fs/unique_fd.h"

namespace gantry::runtime {
namespace {

constexpr char kName[] = "gantry-shim";
constexpr char kSelf[] = "/proc/self/exe";
// MFD_EXEC, which older kernels do not know and newer ones may ask for.
constexpr unsigned kExecutable = 0x10;
constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

bool IsSealedCopy() {
  char target[256];
  const ssize_t size = ::readlink(kSelf, target, sizeof(target));
  return size > 0 && absl::StartsWith(absl::string_view(target, size),
                                      "/memfd:gantry-shim");
}

UniqueFd MakeMemoryFile() {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  UniqueFd file(::memfd_create(kName, kFlags | kExecutable));
  if (file.is_open()) return file;
  return UniqueFd(::memfd_create(kName, kFlags));
}

}  // namespace

absl::Status RunFromSealedCopy(char** argv) {
  if (IsSealedCopy()) {
    // The kernel names such a program after a descriptor.
    ::prctl(PR_SET_NAME, kName, 0, 0, 0);
    return absl::OkStatus();
  }
  const UniqueFd self(::open(kSelf, O_RDONLY | O_CLOEXEC));
  const UniqueFd copy = MakeMemoryFile();
  struct stat info = {};
  if (!self.is_open() || !copy.is_open() || ::fstat(self.get(), &info) != 0) {
    return absl::ErrnoToStatus(errno, "copying the program to memory");
  }
  for (off_t offset = 0; offset < info.st_size;) {
    const ssize_t sent = ::sendfile(copy.get(), self.get(), &offset,
                                    static_cast<size_t>(info.st_size - offset));
    if (sent <= 0) return absl::ErrnoToStatus(errno, "sendfile");
  }
  if (::fcntl(copy.get(), F_ADD_SEALS, kSeals) != 0) {
    return absl::ErrnoToStatus(errno, "sealing the program");
  }
  ::fexecve(copy.get(), argv, environ);
  return absl::ErrnoToStatus(errno, "executing the program from memory");
}

}  // namespace gantry::runtime
