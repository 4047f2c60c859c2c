#include "ctl/commands/create_flags.h"

#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"
#include "ctl/commands/mount_flags.h"
#include "ctl/flags/environment.h"

namespace gantry::ctl {
namespace {

using runtime::v1::ContainerSpec;

struct Refused {
  char letter;
  const char* name;
  FlagKind kind;
  // Completes "--x is not available in this version: …".
  const char* why;
};

constexpr char kNoNetwork[] =
    "a container's network is none, or the host's (--network host)";
constexpr char kNoVolumes[] =
    "there are bind mounts only (-v SOURCE:TARGET, --mount type=bind)";
constexpr char kNoLimits[] = "containers have no resource limits";
constexpr char kNoSecurity[] = "the containers' confinement is fixed";
constexpr char kNoNamespaces[] = "every container has namespaces of its own";
constexpr char kNoRestart[] = "containers are not restarted";
constexpr char kNoHealth[] = "there are no health checks";
constexpr char kNoDevices[] = "containers have the standard devices only";
constexpr char kNoLogging[] = "there is one form of logs";

constexpr Refused kRefused[] = {
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
    {'\0', "tmpfs", FlagKind::kList, kNoVolumes},
    {'\0', "volumes-from", FlagKind::kList, kNoVolumes},
    {'\0', "volume-driver", FlagKind::kString, kNoVolumes},
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
    {'\0', "annotation", FlagKind::kList, "containers have no annotations"},
    {'\0', "isolation", FlagKind::kString, "it is Windows'"},
};

absl::Status AddEnvironmentAndLabels(const ParsedFlags& flags,
                                     ContainerSpec* spec) {
  GANTRY_ASSIGN_OR_RETURN(
      const std::vector<std::string> variables,
      ReadEnvironment(flags.List("env-file"), flags.List("env")));
  spec->mutable_env()->Add(variables.begin(), variables.end());
  GANTRY_ASSIGN_OR_RETURN(
      const std::vector<std::string> labels,
      ReadLabels(flags.List("label-file"), flags.List("label")));
  for (const std::string& label : labels) {
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(label, absl::MaxSplits('=', 1));
    (*spec->mutable_labels())[pair.first] = pair.second;
  }
  return absl::OkStatus();
}

absl::Status AddNetwork(const ParsedFlags& flags, ContainerSpec* spec) {
  for (const char* name : {"network", "net"}) {
    for (const std::string& network : flags.List(name)) {
      if (network == "none" || network == "host") {
        spec->set_network(network);
      } else if (network != "default" && !network.empty()) {
        return absl::UnimplementedError(
            absl::StrCat("--", name, " ", network,
                         " is not available in this version: ", kNoNetwork));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status AddMounts(const ParsedFlags& flags, ContainerSpec* spec) {
  for (const std::string& volume : flags.List("volume")) {
    GANTRY_ASSIGN_OR_RETURN(*spec->add_mounts(), ParseVolume(volume));
  }
  for (const std::string& mount : flags.List("mount")) {
    GANTRY_ASSIGN_OR_RETURN(*spec->add_mounts(), ParseMount(mount));
  }
  std::set<std::string> targets;
  for (const runtime::v1::Mount& mount : spec->mounts()) {
    if (!targets.insert(mount.target()).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("Duplicate mount point: ", mount.target()));
    }
  }
  return absl::OkStatus();
}

absl::Status AddStreams(const ParsedFlags& flags, ContainerSpec* spec) {
  GANTRY_ASSIGN_OR_RETURN(const AttachedStreams streams,
                          AttachedStreamsFromFlags(flags));
  spec->set_tty(flags.Bool("tty"));
  spec->set_open_stdin(flags.Bool("interactive"));
  spec->set_stdin_once(streams.input && !flags.Bool("detach"));
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
       "Connect a container to a network: none or host"},
      {'\0', "net", FlagKind::kList, "Alias of --network"},
      {'\0', "stop-signal", FlagKind::kString, "Signal to stop the container"},
      {'\0', "stop-timeout", FlagKind::kInt,
       "Timeout (in seconds) to stop a container"},
      {'\0', "cidfile", FlagKind::kString,
       "Write the container ID to the file"},
      {'\0', "pull", FlagKind::kString,
       "Pull image before running (\"always\", \"missing\", \"never\") "
       "(default "
       "\"missing\")"},
      {'q', "quiet", FlagKind::kBool, "Suppress the pull output"},
      {'i', "interactive", FlagKind::kBool,
       "Keep STDIN open even if not attached"},
      {'t', "tty", FlagKind::kBool, "Allocate a pseudo-TTY"},
      {'a', "attach", FlagKind::kList, "Attach to STDIN, STDOUT or STDERR"},
      {'v', "volume", FlagKind::kList,
       "Bind mount a directory or a file of the host"},
      {'\0', "mount", FlagKind::kList,
       "Attach a file system mount to the container (type=bind)"},
      {'\0', "read-only", FlagKind::kBool,
       "Mount the container's root filesystem as read only"},
      {'\0', "init", FlagKind::kBool,
       "Run an init inside the container that forwards signals and reaps "
       "processes"},
      {'\0', "label-file", FlagKind::kList, "Read in a file of labels"},
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

absl::StatusOr<AttachedStreams> AttachedStreamsFromFlags(
    const ParsedFlags& flags) {
  const bool interactive = flags.Bool("interactive");
  if (!flags.IsSet("attach")) return AttachedStreams{interactive, true, true};
  AttachedStreams streams = {false, false, false};
  for (const std::string& value : flags.List("attach")) {
    const std::string stream = absl::AsciiStrToLower(value);
    if (stream == "stdin") {
      streams.input = interactive;
    } else if (stream == "stdout") {
      streams.output = true;
    } else if (stream == "stderr") {
      streams.error = true;
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          "invalid argument \"", value,
          "\" for \"-a, --attach\" flag: valid streams are STDIN, STDOUT and "
          "STDERR"));
    }
  }
  return streams;
}

absl::StatusOr<PullWhen> PullWhenFromFlags(const ParsedFlags& flags) {
  const std::string when = flags.String("pull");
  if (when.empty() || when == "missing") return PullWhen::kMissing;
  if (when == "always") return PullWhen::kAlways;
  if (when == "never") return PullWhen::kNever;
  return absl::InvalidArgumentError(
      absl::StrCat("invalid pull option: '", when,
                   "': must be one of \"always\", \"missing\" or \"never\""));
}

absl::StatusOr<ContainerSpec> SpecFromFlags(const ParsedFlags& flags) {
  ContainerSpec spec;
  spec.set_image(flags.arguments()[0]);
  for (size_t i = 1; i < flags.arguments().size(); ++i) {
    spec.add_command(flags.arguments()[i]);
  }
  GANTRY_RETURN_IF_ERROR(AddEnvironmentAndLabels(flags, &spec));
  GANTRY_RETURN_IF_ERROR(AddNetwork(flags, &spec));
  GANTRY_RETURN_IF_ERROR(AddMounts(flags, &spec));
  GANTRY_RETURN_IF_ERROR(AddStreams(flags, &spec));
  if (flags.IsSet("entrypoint")) {
    const std::string entrypoint = flags.String("entrypoint");
    spec.mutable_entrypoint();
    if (!entrypoint.empty()) spec.mutable_entrypoint()->add_args(entrypoint);
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
  spec.set_read_only_rootfs(flags.Bool("read-only"));
  spec.set_init(flags.Bool("init"));
  return spec;
}

}  // namespace gantry::ctl
