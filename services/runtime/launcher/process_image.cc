#include "services/runtime/launcher/process_image.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace gantry::runtime {
namespace {

constexpr char kDefaultPath[] =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr int kLastCapability = 63;

LaunchError Failed(LaunchStep step) { return {step, errno}; }

std::vector<std::string> CandidatesOf(const ProcessSpec& spec) {
  const std::string& program = spec.args[0];
  if (program.find('/') != std::string::npos) return {program};
  absl::string_view path = kDefaultPath;
  for (const std::string& variable : spec.env) {
    absl::string_view value = variable;
    if (absl::ConsumePrefix(&value, "PATH=")) path = value;
  }
  std::vector<std::string> candidates;
  for (const absl::string_view dir : absl::StrSplit(path, ':')) {
    candidates.push_back(absl::StrCat(dir.empty() ? "." : dir, "/", program));
  }
  return candidates;
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& string : strings) {
    pointers.push_back(const_cast<char*>(string.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

ProcessImage::ProcessImage(ProcessSpec spec, std::string seccomp_program)
    : spec_(std::move(spec)),
      seccomp_program_(std::move(seccomp_program)),
      candidates_(CandidatesOf(spec_)),
      argv_(Pointers(spec_.args)),
      envp_(Pointers(spec_.env)) {}

LaunchError ProcessImage::Become() const {
  for (auto step : {&ProcessImage::DropBoundingSet, &ProcessImage::LoadSeccomp,
                    &ProcessImage::ChangeUser, &ProcessImage::SetCapabilities,
                    &ProcessImage::EnterWorkingDirectory}) {
    if (const LaunchError error = (this->*step)();
        error.step != LaunchStep::kNone) {
      return error;
    }
  }
  return Execute();
}

LaunchError ProcessImage::DropBoundingSet() const {
  for (int capability = 0; capability <= kLastCapability; ++capability) {
    if ((spec_.bounding >> capability & 1) != 0) continue;
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
    // Beyond the last that the kernel has.
    if (errno == EINVAL) break;
    return Failed(LaunchStep::kCapabilities);
  }
  return {};
}

// While it may still be done without no_new_privs; the calls that follow are
// allowed to every container.
LaunchError ProcessImage::LoadSeccomp() const {
  if (spec_.no_new_privileges &&
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return Failed(LaunchStep::kSeccomp);
  }
  if (seccomp_program_.empty()) return {};
  sock_fprog program = {};
  program.len = static_cast<unsigned short>(seccomp_program_.size() /
                                            sizeof(sock_filter));
  program.filter = reinterpret_cast<sock_filter*>(
      const_cast<char*>(seccomp_program_.data()));
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
    return Failed(LaunchStep::kSeccomp);
  }
  return {};
}

LaunchError ProcessImage::ChangeUser() const {
  const bool keep = spec_.uid != 0 && spec_.permitted != 0;
  if (keep && ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) {
    return Failed(LaunchStep::kUser);
  }
  // The C library's functions would tell other threads, of which there are
  // none.
  if (::syscall(SYS_setgroups, spec_.additional_gids.size(),
                spec_.additional_gids.data()) != 0 ||
      ::syscall(SYS_setresgid, spec_.gid, spec_.gid, spec_.gid) != 0 ||
      ::syscall(SYS_setresuid, spec_.uid, spec_.uid, spec_.uid) != 0) {
    return Failed(LaunchStep::kUser);
  }
  return {};
}

LaunchError ProcessImage::SetCapabilities() const {
  __user_cap_header_struct header = {};
  header.version = _LINUX_CAPABILITY_VERSION_3;
  __user_cap_data_struct data[2] = {};
  for (int half = 0; half < 2; ++half) {
    const int shift = 32 * half;
    data[half].effective = static_cast<uint32_t>(spec_.effective >> shift);
    data[half].permitted = static_cast<uint32_t>(spec_.permitted >> shift);
    data[half].inheritable = static_cast<uint32_t>(spec_.inheritable >> shift);
  }
  if (::syscall(SYS_capset, &header, data) != 0) {
    return Failed(LaunchStep::kCapabilities);
  }
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
    return Failed(LaunchStep::kCapabilities);
  }
  for (int capability = 0; capability <= kLastCapability; ++capability) {
    if ((spec_.ambient >> capability & 1) == 0) continue;
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0) {
      return Failed(LaunchStep::kCapabilities);
    }
  }
  return {};
}

LaunchError ProcessImage::EnterWorkingDirectory() const {
  if (::chdir(spec_.cwd.c_str()) != 0) {
    return Failed(LaunchStep::kWorkingDirectory);
  }
  // The kernel says "(unreachable)" of a directory outside the root, which a
  // descriptor that was left open could lead to.
  char path[4096];
  const long size = ::syscall(SYS_getcwd, path, sizeof(path));
  if (size <= 0 || path[0] != '/') {
    return {LaunchStep::kWorkingDirectory, size <= 0 ? errno : ENOENT};
  }
  return {};
}

LaunchError ProcessImage::Execute() const {
  int refusal = ENOENT;
  for (const std::string& path : candidates_) {
    struct stat info = {};
    if (::stat(path.c_str(), &info) != 0) {
      if (errno == EACCES) refusal = EACCES;
      continue;
    }
    if (!S_ISREG(info.st_mode) || ::access(path.c_str(), X_OK) != 0) {
      refusal = EACCES;
      continue;
    }
    ::execve(path.c_str(), argv_.data(), envp_.data());
    return Failed(LaunchStep::kExecute);
  }
  if (refusal == ENOENT) return {LaunchStep::kFindProgram, ENOENT};
  return {LaunchStep::kExecute, refusal};
}

}  // namespace gantry::runtime
