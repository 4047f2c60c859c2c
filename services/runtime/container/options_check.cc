#include "services/runtime/container/options_check.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"
#include "services/runtime/container/signals.h"
#include "services/runtime/spec/container_path.h"
#include "services/runtime/spec/user_resolver.h"
#include "services/runtime/spec/working_dir.h"

namespace gantry::runtime {
namespace {

// What execve takes: MAX_ARG_STRLEN for one string.
constexpr size_t kMaxArgumentBytes = 128 << 10;
constexpr size_t kMaxHostnameBytes = 63;
constexpr size_t kMaxNameBytes = 255;

bool IsWordCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c));
}

absl::Status CheckString(absl::string_view what, const std::string& value) {
  if (value.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid ", what, ": it holds a NUL character"));
  }
  if (value.size() >= kMaxArgumentBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "invalid ", what, ": longer than ", kMaxArgumentBytes - 1, " bytes"));
  }
  return absl::OkStatus();
}

absl::Status CheckVariable(const std::string& variable) {
  GANTRY_RETURN_IF_ERROR(CheckString("environment variable", variable));
  const size_t equals = variable.find('=');
  if (equals == std::string::npos || equals == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "invalid environment variable: \"", variable, "\", use NAME=value"));
  }
  return absl::OkStatus();
}

absl::Status CheckHostname(const std::string& hostname) {
  bool valid = hostname.size() <= kMaxHostnameBytes &&
               !absl::StartsWith(hostname, "-") &&
               !absl::StartsWith(hostname, ".");
  for (const char c : hostname) {
    valid = valid && (IsWordCharacter(c) || c == '-' || c == '.' || c == '_');
  }
  if (valid) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("invalid hostname: \"", hostname, "\""));
}

absl::Status CheckNetwork(const std::string& network) {
  if (network.empty() || network == "none" || network == "host") {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("network \"", network,
                   "\" is not available: this version has \"none\" and "
                   "\"host\""));
}

// How Docker names a mount that it refuses.
absl::Status BadMount(const HostMount& mount, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("invalid mount ", mount.source,
                                                 ":", mount.target, ": ", why));
}

absl::Status CheckMount(const HostMount& mount) {
  GANTRY_RETURN_IF_ERROR(CheckString("mount source", mount.source));
  GANTRY_RETURN_IF_ERROR(CheckString("mount target", mount.target));
  if (!absl::StartsWith(mount.source, "/")) {
    return BadMount(mount, "the source is not an absolute path");
  }
  if (!absl::StartsWith(mount.target, "/")) {
    return BadMount(mount, "the target is not an absolute path");
  }
  const std::string target = CleanPath(mount.target);
  if (target == "/") return BadMount(mount, "the target can't be '/'");
  if (target == "/proc" || absl::StartsWith(target, "/proc/")) {
    return BadMount(mount, "the target is inside /proc");
  }
  return absl::OkStatus();
}

absl::Status CheckMounts(const std::vector<HostMount>& mounts) {
  std::set<std::string> targets;
  for (const HostMount& mount : mounts) {
    GANTRY_RETURN_IF_ERROR(CheckMount(mount));
    const std::string target = CleanPath(mount.target);
    if (!targets.insert(target).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("Duplicate mount point: ", target));
    }
    struct stat info = {};
    if (!mount.create_source && ::stat(mount.source.c_str(), &info) != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("invalid mount config for type \"bind\": bind source "
                       "path does not exist: ",
                       mount.source));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckContainerName(const std::string& name) {
  bool valid =
      !name.empty() && name.size() <= kMaxNameBytes && IsWordCharacter(name[0]);
  for (const char c : name) {
    valid = valid && (IsWordCharacter(c) || c == '_' || c == '.' || c == '-');
  }
  if (valid) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("Invalid container name (", name,
                   "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"));
}

absl::Status CheckOptions(const ContainerOptions& options) {
  if (options.image.empty()) {
    return absl::InvalidArgumentError("the image is missing");
  }
  for (const std::string& argument : options.command) {
    GANTRY_RETURN_IF_ERROR(CheckString("argument", argument));
  }
  if (options.entrypoint.has_value()) {
    for (const std::string& argument : *options.entrypoint) {
      GANTRY_RETURN_IF_ERROR(CheckString("entrypoint", argument));
    }
  }
  for (const std::string& variable : options.env) {
    GANTRY_RETURN_IF_ERROR(CheckVariable(variable));
  }
  for (const auto& [name, value] : options.labels) {
    if (name.empty()) {
      return absl::InvalidArgumentError("invalid label: its name is empty");
    }
  }
  GANTRY_RETURN_IF_ERROR(CheckHostname(options.hostname));
  GANTRY_RETURN_IF_ERROR(CheckNetwork(options.network));
  GANTRY_RETURN_IF_ERROR(CheckMounts(options.mounts));
  if (!options.working_dir.empty()) {
    GANTRY_RETURN_IF_ERROR(
        CheckString("working directory", options.working_dir));
    GANTRY_RETURN_IF_ERROR(CleanWorkingDir(options.working_dir).status());
  }
  if (!options.user.empty()) {
    GANTRY_RETURN_IF_ERROR(ParseUser(options.user).status());
  }
  if (!options.stop_signal.empty()) {
    GANTRY_RETURN_IF_ERROR(ParseSignal(options.stop_signal).status());
  }
  if (options.stop_timeout.has_value() &&
      *options.stop_timeout < absl::ZeroDuration() &&
      *options.stop_timeout != absl::Seconds(-1)) {
    return absl::InvalidArgumentError(
        "invalid stop timeout: below zero; -1 s waits without end");
  }
  return absl::OkStatus();
}

absl::Status CheckExecOptions(const std::vector<std::string>& command,
                              const std::vector<std::string>& env,
                              const std::string& working_dir,
                              const std::string& user) {
  if (command.empty() || command.front().empty()) {
    return absl::InvalidArgumentError("no command to execute is given");
  }
  for (const std::string& argument : command) {
    GANTRY_RETURN_IF_ERROR(CheckString("argument", argument));
  }
  for (const std::string& variable : env) {
    GANTRY_RETURN_IF_ERROR(CheckVariable(variable));
  }
  if (!working_dir.empty()) {
    GANTRY_RETURN_IF_ERROR(CheckString("working directory", working_dir));
    GANTRY_RETURN_IF_ERROR(CleanWorkingDir(working_dir).status());
  }
  if (!user.empty()) GANTRY_RETURN_IF_ERROR(ParseUser(user).status());
  return absl::OkStatus();
}

absl::StatusOr<std::string> FindRuntime(
    const std::string& name, const std::map<std::string, std::string>& runtimes,
    const std::string& default_name) {
  const std::string& wanted = name.empty() ? default_name : name;
  std::string path = wanted;
  if (const auto it = runtimes.find(wanted); it != runtimes.end()) {
    path = it->second;
  }
  struct stat info = {};
  if (absl::StartsWith(path, "/") && ::stat(path.c_str(), &info) == 0 &&
      S_ISREG(info.st_mode) && ::access(path.c_str(), X_OK) == 0) {
    return path;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown or invalid runtime name: ", wanted));
}

}  // namespace gantry::runtime
