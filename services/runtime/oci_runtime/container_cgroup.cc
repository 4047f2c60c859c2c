#include "services/runtime/oci_runtime/container_cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/fs/unique_fd.h"

namespace gantry::runtime {
namespace {

constexpr char kMountPoint[] = "/sys/fs/cgroup";

bool IsUnified(const std::string& directory) {
  struct statfs info;
  return ::statfs(directory.c_str(), &info) == 0 &&
         info.f_type == CGROUP2_SUPER_MAGIC;
}

// Empty if it cannot be read.
std::string ReadSmallFile(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[4096];
  while (fd.is_open()) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof(buffer));
    if (got <= 0) break;
    text.append(buffer, got);
  }
  return text;
}

bool WriteSmallFile(const std::string& path, absl::string_view text) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return fd.is_open() && ::write(fd.get(), text.data(), text.size()) ==
                             static_cast<ssize_t>(text.size());
}

std::vector<std::string> Subdirectories(const std::string& directory) {
  std::vector<std::string> found;
  DIR* dir = ::opendir(directory.c_str());
  if (dir == nullptr) return found;
  while (const dirent* entry = ::readdir(dir)) {
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
    found.push_back(absl::StrCat(directory, "/", entry->d_name));
  }
  ::closedir(dir);
  return found;
}

// Signals all processes in the tree of groups; how many there were.
int KillOnce(const std::string& directory) {
  int count = 0;
  const std::string pids = ReadSmallFile(directory + "/cgroup.procs");
  for (const absl::string_view line :
       absl::StrSplit(pids, '\n', absl::SkipEmpty())) {
    int pid = 0;
    // 0 stands for processes of other pid namespaces.
    if (!absl::SimpleAtoi(line, &pid) || pid <= 1) continue;
    ::kill(pid, SIGKILL);
    ++count;
  }
  for (const std::string& sub : Subdirectories(directory)) {
    count += KillOnce(sub);
  }
  return count;
}

void RemoveGroups(const std::string& directory) {
  for (const std::string& sub : Subdirectories(directory)) RemoveGroups(sub);
  // A group stays busy for a moment after its last process has ended.
  for (int attempt = 0; attempt < 20; ++attempt) {
    if (::rmdir(directory.c_str()) == 0 || errno != EBUSY) return;
    absl::SleepFor(absl::Milliseconds(5));
  }
}

}  // namespace

ContainerCgroup::ContainerCgroup(std::string path, std::string mount_point)
    : path_(std::move(path)), mount_point_(std::move(mount_point)) {}

std::vector<std::string> ContainerCgroup::Directories() const {
  std::vector<std::string> roots;
  if (IsUnified(mount_point_)) {
    roots.push_back(mount_point_);
  } else {
    roots = Subdirectories(mount_point_);
  }
  std::vector<std::string> found;
  for (const std::string& root : roots) {
    std::string directory = root + path_;
    if (::access(directory.c_str(), F_OK) == 0) {
      found.push_back(std::move(directory));
    }
  }
  return found;
}

absl::Status ContainerCgroup::KillAll(absl::Duration timeout) const {
  const absl::Time deadline = absl::Now() + timeout;
  absl::Duration pause = absl::Milliseconds(1);
  while (true) {
    int count = 0;
    for (const std::string& directory : Directories()) {
      WriteSmallFile(directory + "/cgroup.freeze", "0");
      WriteSmallFile(directory + "/freezer.state", "THAWED");
      WriteSmallFile(directory + "/cgroup.kill", "1");
      count += KillOnce(directory);
    }
    if (count == 0) return absl::OkStatus();
    if (absl::Now() > deadline) {
      return absl::DeadlineExceededError(absl::StrCat(
          "processes in the control group ", path_, " do not end"));
    }
    absl::SleepFor(pause);
    pause = std::min(pause * 2, absl::Milliseconds(50));
  }
}

absl::StatusOr<std::vector<UniqueFd>> ContainerCgroup::OpenMemberFiles() const {
  std::vector<UniqueFd> files;
  for (const std::string& directory : Directories()) {
    const std::string path = directory + "/cgroup.procs";
    files.emplace_back(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!files.back().is_open()) return absl::ErrnoToStatus(errno, path);
  }
  return files;
}

bool ContainerCgroup::WasOutOfMemory() const {
  for (const std::string& directory : Directories()) {
    for (const char* name : {"/memory.events", "/memory.oom_control"}) {
      const std::string text = ReadSmallFile(directory + name);
      for (absl::string_view line : absl::StrSplit(text, '\n')) {
        int64_t count = 0;
        if (absl::ConsumePrefix(&line, "oom_kill ") &&
            absl::SimpleAtoi(line, &count) && count > 0) {
          return true;
        }
      }
    }
  }
  return false;
}

void ContainerCgroup::Remove() const {
  for (const std::string& directory : Directories()) RemoveGroups(directory);
}

bool HasHybridCgroups() {
  return !IsUnified(kMountPoint) &&
         IsUnified(absl::StrCat(kMountPoint, "/unified"));
}

void MoveSelfToCgroup(const std::string& name) {
  std::vector<std::string> roots;
  if (IsUnified(kMountPoint)) {
    roots = {kMountPoint};
  } else {
    for (const char* hierarchy : {"/systemd", "/pids", "/unified"}) {
      roots.push_back(absl::StrCat(kMountPoint, hierarchy));
    }
  }
  for (const std::string& root : roots) {
    if (::access((root + "/cgroup.procs").c_str(), F_OK) != 0) continue;
    const std::string directory = absl::StrCat(root, "/", name);
    if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) continue;
    WriteSmallFile(directory + "/cgroup.procs", "0");
  }
}

}  // namespace gantry::runtime
