#include "services/runtime/node/node.h"

#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/fs/file.h"

namespace gantry::runtime {
namespace {

constexpr int64_t kMaxFileBytes = 64 << 10;

constexpr absl::string_view kProgramFolders =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

bool IsProgram(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

std::vector<std::string> SecurityOptions() {
  std::vector<std::string> options;
  if (::access("/proc/sys/kernel/seccomp/actions_avail", R_OK) == 0) {
    options.emplace_back("seccomp");
  }
  const auto apparmor =
      ReadFile("/sys/module/apparmor/parameters/enabled", kMaxFileBytes);
  if (apparmor.ok() && absl::StartsWith(*apparmor, "Y"))
    options.emplace_back("apparmor");
  return options;
}

}  // namespace

Node ReadNode() {
  Node node;
  utsname name = {};
  if (::uname(&name) == 0) {
    node.kernel_version = name.release;
    node.architecture = name.machine;
    node.hostname = name.nodename;
  }
  struct sysinfo memory = {};
  if (::sysinfo(&memory) == 0) {
    node.memory_bytes = static_cast<int64_t>(memory.totalram) * memory.mem_unit;
  }
  node.cpu_count = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
  node.operating_system =
      PrettyName(ReadFile("/etc/os-release", kMaxFileBytes).value_or(""));
  node.security_options = SecurityOptions();
  return node;
}

std::string PrettyName(absl::string_view os_release) {
  for (absl::string_view line : absl::StrSplit(os_release, '\n')) {
    if (!absl::ConsumePrefix(&line, "PRETTY_NAME=")) continue;
    if (absl::ConsumePrefix(&line, "\"")) absl::ConsumeSuffix(&line, "\"");
    return std::string(line);
  }
  return "Linux";
}

std::map<std::string, std::string> InstalledRuntimes(
    absl::string_view search_path) {
  const std::string folders = absl::StrCat(search_path, ":", kProgramFolders);
  std::map<std::string, std::string> found;
  for (const char* name : {"crun", "runc"}) {
    for (absl::string_view folder : absl::StrSplit(folders, ':')) {
      if (!absl::StartsWith(folder, "/")) continue;
      const std::string program = absl::StrCat(folder, "/", name);
      if (IsProgram(program)) {
        found.emplace(name, program);
        break;
      }
    }
  }
  return found;
}

}  // namespace gantry::runtime
