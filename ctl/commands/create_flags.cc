#include "ctl/commands/create_flags.h"

#include <cstdlib>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/fs/file.h"
#include "common/status/status_macros.h"

namespace gantry::ctl {
namespace {

constexpr int64_t kMaxEnvFileBytes = 16 << 20;

struct Refused {
  char letter;
  const char* name;
  FlagKind kind;
  // Completes "--x is not available in this version: …".
  const char* why;
};

constexpr char kNoInput[] = "containers have no standard input";
constexpr char kNoTerminal[] = "containers have no terminal";
constexpr char kNoNetwork[] = "containers have no network";
constexpr char kNoMounts[] = "containers have no volumes and mounts";
constexpr char kNoLimits[] = "containers have no resource limits";
constexpr char kNoSecurity[] = "the containers' confinement is fixed";
constexpr char kNoNamespaces[] = "every container has namespaces of its own";
constexpr char kNoRestart[] = "containers are not restarted";
constexpr char kNoHealth[] = "there are no health checks";
constexpr char kNoDevices[] = "containers have the standard devices only";
constexpr char kNoLogging[] = "there is one form of logs";

constexpr Refused kRefused[] = {
    {'i', "interactive", FlagKind::kBool, kNoInput},
    {'t', "tty", FlagKind::kBool, kNoTerminal},
    {'a', "attach", FlagKind::kList, "run attaches output, and run -d nothing"},
    {'\0', "detach-keys", FlagKind::kString, kNoTerminal},
    {'p', "publish", FlagKind::kList, kNoNetwork},
    {'P', "publish-all", FlagKind::kBool, kNoNetwork},
    {'\0', "expose", FlagKind::kList, kNoNetwork},
    {'\0', "link", FlagKind::kList, kNoNetwork},
    {'\0', "network-alias", FlagKind::kList, kNoNetwork},
    {'\0', "ip", FlagKind::kString, kNoNetwork},
    {'\0', "ip6", FlagKind::kString, kNoNetwork},
    {'\0', "mac-address", FlagKind::kString, kNoNetwork},
    {'\0', "dns", FlagKind::kList, kNoNetwork},
    {'\0', "dns-option", FlagKind::kList, kNoNetwork},
    {'\0', "dns-search", FlagKind::kList, kNoNetwork},
    {'\0', "add-host", FlagKind::kList, kNoNetwork},
    {'\0', "domainname", FlagKind::kString, kNoNetwork},
    {'v', "volume", FlagKind::kList, kNoMounts},
    {'\0', "mount", FlagKind::kList, kNoMounts},
    {'\0', "tmpfs", FlagKind::kList, kNoMounts},
    {'\0', "volumes-from", FlagKind::kList, kNoMounts},
    {'\0', "volume-driver", FlagKind::kString, kNoMounts},
    {'\0', "read-only", FlagKind::kBool, "root file systems are writable"},
    {'\0', "storage-opt", FlagKind::kList, "there are no quotas"},
    {'\0', "shm-size", FlagKind::kString, kNoLimits},
    {'m', "memory", FlagKind::kString, kNoLimits},
    {'\0', "memory-swap", FlagKind::kString, kNoLimits},
    {'\0', "memory-reservation", FlagKind::kString, kNoLimits},
    {'\0', "memory-swappiness", FlagKind::kString, kNoLimits},
    {'\0', "kernel-memory", FlagKind::kString, kNoLimits},
    {'c', "cpu-shares", FlagKind::kString, kNoLimits},
    {'\0', "cpus", FlagKind::kString, kNoLimits},
    {'\0', "cpu-period", FlagKind::kString, kNoLimits},
    {'\0', "cpu-quota", FlagKind::kString, kNoLimits},
    {'\0', "cpuset-cpus", FlagKind::kString, kNoLimits},
    {'\0', "cpuset-mems", FlagKind::kString, kNoLimits},
    {'\0', "pids-limit", FlagKind::kString, kNoLimits},
    {'\0', "blkio-weight", FlagKind::kString, kNoLimits},
    {'\0', "device-read-bps", FlagKind::kList, kNoLimits},
    {'\0', "device-write-bps", FlagKind::kList, kNoLimits},
    {'\0', "device-read-iops", FlagKind::kList, kNoLimits},
    {'\0', "device-write-iops", FlagKind::kList, kNoLimits},
    {'\0', "oom-kill-disable", FlagKind::kBool, kNoLimits},
    {'\0', "oom-score-adj", FlagKind::kString, kNoLimits},
    {'\0', "ulimit", FlagKind::kList, kNoLimits},
    {'\0', "cgroup-parent", FlagKind::kString, kNoLimits},
    {'\0', "sysctl", FlagKind::kList, kNoSecurity},
    {'\0', "cap-add", FlagKind::kList, kNoSecurity},
    {'\0', "cap-drop", FlagKind::kList, kNoSecurity},
    {'\0', "privileged", FlagKind::kBool, kNoSecurity},
    {'\0', "security-opt", FlagKind::kList, kNoSecurity},
    {'\0', "group-add", FlagKind::kList, kNoSecurity},
    {'\0', "userns", FlagKind::kString, kNoNamespaces},
    {'\0', "pid", FlagKind::kString, kNoNamespaces},
    {'\0', "ipc", FlagKind::kString, kNoNamespaces},
    {'\0', "uts", FlagKind::kString, kNoNamespaces},
    {'\0', "cgroupns", FlagKind::kString, kNoNamespaces},
    {'\0', "restart", FlagKind::kString, kNoRestart},
    {'\0', "init", FlagKind::kBool, "there is no init process"},
    {'\0', "health-cmd", FlagKind::kString, kNoHealth},
    {'\0', "health-interval", FlagKind::kString, kNoHealth},
    {'\0', "health-retries", FlagKind::kString, kNoHealth},
    {'\0', "health-start-period", FlagKind::kString, kNoHealth},
    {'\0', "health-timeout", FlagKind::kString, kNoHealth},
    {'\0', "device", FlagKind::kList, kNoDevices},
    {'\0', "device-cgroup-rule", FlagKind::kList, kNoDevices},
    {'\0', "gpus", FlagKind::kString, kNoDevices},
    {'\0', "log-driver", FlagKind::kString, kNoLogging},
    {'\0', "log-opt", FlagKind::kList, kNoLogging},
    {'\0', "platform", FlagKind::kString, "an image has one platform"},
    {'\0', "label-file", FlagKind::kList, "give each label by --label"},
    {'\0', "annotation", FlagKind::kList, "containers have no annotations"},
    {'\0', "isolation", FlagKind::kString, "it is Windows'"},
};

absl::Status AddVariable(const std::string& variable,
                         runtime::v1::ContainerSpec* spec) {
  if (variable.empty() || variable[0] == '=') {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid environment variable: ", variable));
  }
  if (variable.find('=') != std::string::npos) {
    spec->add_env(variable);
  } else if (const char* value = std::getenv(variable.c_str())) {
    spec->add_env(absl::StrCat(variable, "=", value));
  }
  return absl::OkStatus();
}

absl::Status AddEnvFile(const std::string& path,
                        runtime::v1::ContainerSpec* spec) {
  GANTRY_ASSIGN_OR_RETURN(const std::string text,
                          ReadFile(path, kMaxEnvFileBytes));
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripLeadingAsciiWhitespace(line);
    if (absl::EndsWith(line, "\r")) line.remove_suffix(1);
    if (line.empty() || line[0] == '#') continue;
    const absl::string_view name = line.substr(0, line.find('='));
    if (name.find_first_of(" \t") != absl::string_view::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("poorly formatted environment: variable '", name,
                       "' contains whitespaces"));
    }
    GANTRY_RETURN_IF_ERROR(AddVariable(std::string(line), spec));
  }
  return absl::OkStatus();
}

absl::Status AddNetwork(const ParsedFlags& flags,
                        runtime::v1::ContainerSpec* spec) {
  for (const char* name : {"network", "net"}) {
    for (const std::string& network : flags.List(name)) {
      if (network != "none" && network != "default" && !network.empty()) {
        return absl::UnimplementedError(absl::StrCat(
            "--", name, " ", network, " is not available in this version: ",
            kNoNetwork, " (--network none)"));
      }
      if (network == "none") spec->set_network(network);
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<FlagSpec> CreateFlags() {
  std::vector<FlagSpec> flags = {
      {'\0', "rm", FlagKind::kBool,
       "Automatically remove the container when it exits"},
      {'\0', "name", FlagKind::kString, "Assign a name to the container"},
      {'e', "env", FlagKind::kList, "Set environment variables"},
      {'\0', "env-file", FlagKind::kList,
       "Read in a file of environment variables"},
      {'w', "workdir", FlagKind::kString,
       "Working directory inside the container"},
      {'u', "user", FlagKind::kString,
       "Username or UID (format: <name|uid>[:<group|gid>])"},
      {'\0', "entrypoint", FlagKind::kString,
       "Overwrite the default ENTRYPOINT of the image"},
      {'l', "label", FlagKind::kList, "Set meta data on a container"},
      {'h', "hostname", FlagKind::kString, "Container host name"},
      {'\0', "runtime", FlagKind::kString, "Runtime to use for this container"},
      {'\0', "network", FlagKind::kList,
       "Connect a container to a network: none"},
      {'\0', "net", FlagKind::kList, "Alias of --network"},
      {'\0', "stop-signal", FlagKind::kString, "Signal to stop the container"},
      {'\0', "stop-timeout", FlagKind::kInt,
       "Timeout (in seconds) to stop a container"},
      {'\0', "cidfile", FlagKind::kString,
       "Write the container ID to the file"},
      {'\0', "pull", FlagKind::kString,
       "Pull image before running: missing or never, both only look locally"},
      {'q', "quiet", FlagKind::kBool, "Suppress the pull output"},
  };
  for (const Refused& refused : kRefused) {
    const std::string letter =
        refused.letter == '\0'
            ? ""
            : absl::StrCat("-", std::string(1, refused.letter), ", ");
    flags.push_back(
        {refused.letter, refused.name, refused.kind, "",
         absl::StrCat(letter, "--", refused.name,
                      " is not available in this version: ", refused.why)});
  }
  return flags;
}

absl::StatusOr<runtime::v1::ContainerSpec> SpecFromFlags(
    const ParsedFlags& flags) {
  runtime::v1::ContainerSpec spec;
  spec.set_image(flags.arguments()[0]);
  for (size_t i = 1; i < flags.arguments().size(); ++i) {
    spec.add_command(flags.arguments()[i]);
  }
  for (const std::string& path : flags.List("env-file")) {
    GANTRY_RETURN_IF_ERROR(AddEnvFile(path, &spec));
  }
  for (const std::string& variable : flags.List("env")) {
    GANTRY_RETURN_IF_ERROR(AddVariable(variable, &spec));
  }
  for (const std::string& label : flags.List("label")) {
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(label, absl::MaxSplits('=', 1));
    (*spec.mutable_labels())[pair.first] = pair.second;
  }
  GANTRY_RETURN_IF_ERROR(AddNetwork(flags, &spec));
  if (flags.IsSet("entrypoint")) {
    const std::string entrypoint = flags.String("entrypoint");
    spec.mutable_entrypoint();
    if (!entrypoint.empty()) spec.mutable_entrypoint()->add_args(entrypoint);
  }
  if (flags.String("pull") == "always") {
    return absl::UnimplementedError(
        "--pull always is not available in this version: there are no "
        "registries");
  }
  if (flags.IsSet("stop-timeout")) {
    spec.mutable_stop_timeout()->set_seconds(flags.Int("stop-timeout", 0));
  }
  spec.set_working_dir(flags.String("workdir"));
  spec.set_user(flags.String("user"));
  spec.set_hostname(flags.String("hostname"));
  spec.set_runtime(flags.String("runtime"));
  spec.set_auto_remove(flags.Bool("rm"));
  spec.set_stop_signal(flags.String("stop-signal"));
  return spec;
}

}  // namespace gantry::ctl
