#include "services/runtime/spec/spec_builder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/runtime/spec/capabilities.h"
#include "services/runtime/spec/seccomp_profile.h"

namespace gantry::runtime {
namespace {

constexpr char kOciVersion[] = "1.0.2";
// In the container's own /dev, so that nothing is left in its root.
constexpr char kInitTarget[] = "/dev/init";
constexpr char kDefaultPath[] =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// /sys/fs/cgroup is not here: making it read-only again as a path opens the
// hierarchies below it under cgroup v1.
constexpr const char* kReadonlyPaths[] = {
    "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

constexpr const char* kMaskedPaths[] = {
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
};

// null, zero, full, random, urandom, tty, console.
constexpr int kDevices[][2] = {{1, 3}, {1, 5}, {1, 7}, {1, 8},
                               {1, 9}, {5, 0}, {5, 1}};

std::vector<std::string> ThrottlePaths() {
  std::vector<std::string> paths;
  const long cpus = ::sysconf(_SC_NPROCESSORS_CONF);
  for (long cpu = 0; cpu < cpus; ++cpu) {
    std::string path =
        absl::StrCat("/sys/devices/system/cpu/cpu", cpu, "/thermal_throttle");
    if (::access(path.c_str(), F_OK) == 0) paths.push_back(std::move(path));
  }
  return paths;
}

Json MaskedPaths() {
  static const auto& throttle = *new std::vector<std::string>(ThrottlePaths());
  Json paths = kMaskedPaths;
  for (const std::string& path : throttle) paths.push_back(path);
  return paths;
}

absl::string_view NameOf(absl::string_view variable) {
  return variable.substr(0, variable.find('='));
}

// Sets a variable in the place of one of the same name, or at the end.
void SetVariable(std::vector<std::string>& env, const std::string& variable) {
  for (std::string& present : env) {
    if (NameOf(present) == NameOf(variable)) {
      present = variable;
      return;
    }
  }
  env.push_back(variable);
}

void SetIfMissing(std::vector<std::string>& env, const std::string& variable) {
  const bool present = std::any_of(
      env.begin(), env.end(),
      [&](const std::string& v) { return NameOf(v) == NameOf(variable); });
  if (!present) env.push_back(variable);
}

Json Mount(const std::string& destination, const std::string& type,
           const std::string& source, std::vector<std::string> options) {
  Json mount = Json::object();
  mount["destination"] = destination;
  mount["type"] = type;
  mount["source"] = source;
  mount["options"] = std::move(options);
  return mount;
}

std::vector<Json> DefaultMounts() {
  std::vector<Json> mounts;
  mounts.push_back(
      Mount("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}));
  mounts.push_back(Mount("/dev", "tmpfs", "tmpfs",
                         {"nosuid", "strictatime", "mode=755", "size=65536k"}));
  mounts.push_back(Mount("/dev/pts", "devpts", "devpts",
                         {"nosuid", "noexec", "newinstance", "ptmxmode=0666",
                          "mode=0620", "gid=5"}));
  mounts.push_back(
      Mount("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}));
  mounts.push_back(Mount("/sys/fs/cgroup", "cgroup", "cgroup",
                         {"ro", "nosuid", "noexec", "nodev"}));
  mounts.push_back(
      Mount("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}));
  mounts.push_back(
      Mount("/dev/shm", "tmpfs", "shm",
            {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}));
  return mounts;
}

// Bound files take the place of what would be mounted there otherwise.
Json Mounts(const std::vector<BoundFile>& files) {
  std::set<std::string> targets;
  std::vector<BoundFile> bound;
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    if (targets.insert(file->target).second) bound.push_back(*file);
  }
  std::reverse(bound.begin(), bound.end());
  std::stable_sort(bound.begin(), bound.end(),
                   [](const BoundFile& a, const BoundFile& b) {
                     return std::count(a.target.begin(), a.target.end(), '/') <
                            std::count(b.target.begin(), b.target.end(), '/');
                   });
  Json mounts = Json::array();
  for (Json& mount : DefaultMounts()) {
    const std::string target = GetString(mount, "destination").value_or("");
    if (targets.count(target) == 0) mounts.push_back(std::move(mount));
  }
  for (const BoundFile& file : bound) {
    std::vector<std::string> options = {"rbind", "rprivate"};
    if (file.read_only) options.push_back("ro");
    mounts.push_back(
        Mount(file.target, "bind", file.source, std::move(options)));
  }
  return mounts;
}

Json Capabilities(const ResolvedUser& user) {
  const Json all = kDefaultCapabilities;
  const Json none = Json::array();
  // Others than root get them from set-user-id programs only.
  const Json& effective = user.uid == 0 ? all : none;
  Json capabilities = Json::object();
  capabilities["bounding"] = all;
  capabilities["effective"] = effective;
  capabilities["permitted"] = effective;
  return capabilities;
}

}  // namespace

Json BuildProcess(const ProcessInput& input) {
  Json user = Json::object();
  user["uid"] = input.user.uid;
  user["gid"] = input.user.gid;
  user["additionalGids"] = input.user.additional_gids;

  Json process = Json::object();
  process["terminal"] = input.tty;
  if (input.tty && input.terminal_rows > 0 && input.terminal_columns > 0) {
    process["consoleSize"] = {{"height", input.terminal_rows},
                              {"width", input.terminal_columns}};
  }
  process["user"] = std::move(user);
  process["args"] = input.args;
  process["env"] = BuildEnvironment(input.env, input.image_env, input.hostname,
                                    input.user.home, input.tty);
  process["cwd"] = input.working_dir;
  process["capabilities"] = Capabilities(input.user);
  process["noNewPrivileges"] = false;
  return process;
}

namespace {

Json Devices() {
  Json devices = Json::array();
  devices.push_back({{"allow", false}, {"access", "rwm"}});
  for (const auto& [major, minor] : kDevices) {
    devices.push_back({{"allow", true},
                       {"type", "c"},
                       {"major", major},
                       {"minor", minor},
                       {"access", "rwm"}});
  }
  return devices;
}

Json Namespaces(const SpecInput& input) {
  Json namespaces = Json::array();
  for (const char* type : {"mount", "uts", "pid", "ipc"}) {
    namespaces.push_back({{"type", type}});
  }
  if (!input.host_network) {
    Json network = {{"type", "network"}};
    if (!input.netns_path.empty()) network["path"] = input.netns_path;
    namespaces.push_back(std::move(network));
  }
  if (input.cgroup_version == 2) namespaces.push_back({{"type", "cgroup"}});
  return namespaces;
}

Json DefaultSeccompProfile() {
  return SeccompProfile(
      {std::begin(kDefaultCapabilities), std::end(kDefaultCapabilities)});
}

// All but the seccomp profile, which is most of it and always the same.
Json Linux(const SpecInput& input) {
  Json linux_part = Json::object();
  linux_part["resources"] = {{"devices", Devices()}};
  linux_part["cgroupsPath"] = input.cgroups_path;
  linux_part["namespaces"] = Namespaces(input);
  linux_part["maskedPaths"] = MaskedPaths();
  linux_part["readonlyPaths"] = kReadonlyPaths;
  return linux_part;
}

}  // namespace

std::vector<std::string> BuildEnvironment(
    const std::vector<std::string>& env,
    const std::vector<std::string>& image_env, const std::string& hostname,
    const std::string& home, bool tty) {
  std::vector<std::string> own;
  for (const std::string& variable : env) SetVariable(own, variable);
  for (const std::string& variable : image_env) {
    // Some images hold names without a value, which no runtime takes.
    if (variable.find('=', 1) == std::string::npos) continue;
    SetIfMissing(own, variable);
  }

  std::vector<std::string> all = {kDefaultPath,
                                  absl::StrCat("HOSTNAME=", hostname)};
  if (tty) all.push_back("TERM=xterm");
  for (const std::string& variable : own) SetVariable(all, variable);
  SetIfMissing(all, absl::StrCat("HOME=", home));
  return all;
}

namespace {

Json SpecWithoutSeccomp(const SpecInput& input) {
  Json spec = Json::object();
  spec["ociVersion"] = kOciVersion;
  std::vector<BoundFile> files = input.files;
  ProcessInput process = input.process;
  if (!input.init_path.empty()) {
    files.push_back({input.init_path, kInitTarget, /*read_only=*/true});
    process.args.insert(process.args.begin(), {kInitTarget, "--"});
  }
  spec["process"] = BuildProcess(process);
  spec["root"] = {{"path", "rootfs"}, {"readonly", input.read_only_rootfs}};
  spec["hostname"] = process.hostname;
  spec["mounts"] = Mounts(files);
  if (!input.seccomp_program.empty()) {
    spec["annotations"] = {{"run.oci.seccomp_bpf_data", input.seccomp_program}};
  }
  spec["linux"] = Linux(input);
  return spec;
}

}  // namespace

Json BuildSpec(const SpecInput& input) {
  Json spec = SpecWithoutSeccomp(input);
  spec["linux"]["seccomp"] = DefaultSeccompProfile();
  return spec;
}

std::string PrintSpec(const SpecInput& input) {
  static const auto& seccomp =
      *new std::string(PrintJson(DefaultSeccompProfile()));
  Json spec = SpecWithoutSeccomp(input);
  std::string linux_part = PrintJson(spec["linux"]);
  spec.erase("linux");
  std::string text = PrintJson(spec);
  // Both end with the brace of their object.
  linux_part.pop_back();
  text.pop_back();
  absl::StrAppend(&text, ",\"linux\":", linux_part, ",\"seccomp\":", seccomp,
                  "}}");
  return text;
}

}  // namespace gantry::runtime
