#include "common/docker/host_config.h"

#include "absl/strings/str_cat.h"

namespace gantry::docker {
namespace {

using runtime::v1::ContainerSpec;

constexpr int64_t kShmSizeBytes = int64_t{64} << 20;

Json Binds(const ContainerSpec& spec) {
  if (spec.mounts().empty()) return Json();
  Json binds = Json::array();
  for (const runtime::v1::Mount& mount : spec.mounts()) {
    binds.push_back(absl::StrCat(mount.source(), ":", mount.target(),
                                 mount.read_only() ? ":ro" : ""));
  }
  return binds;
}

// What cannot be read or written below /proc and /sys.
Json MaskedPaths() {
  return {"/proc/acpi",
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
          "/sys/firmware"};
}

Json ReadonlyPaths() {
  return {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
          "/proc/sysrq-trigger"};
}

void AddNamespaces(const ContainerSpec& spec, const Engine& engine,
                   Json* json) {
  Json& host = *json;
  host["CapAdd"] = Json();
  host["CapDrop"] = Json();
  host["CgroupnsMode"] = engine.cgroup_version == 2 ? "private" : "host";
  host["Dns"] = Json::array();
  host["DnsOptions"] = Json::array();
  host["DnsSearch"] = Json::array();
  host["ExtraHosts"] = Json();
  host["GroupAdd"] = Json();
  host["IpcMode"] = "private";
  host["Cgroup"] = "";
  host["Links"] = Json();
  host["OomScoreAdj"] = 0;
  host["PidMode"] = "";
  host["Privileged"] = false;
  host["PublishAllPorts"] = false;
  host["ReadonlyRootfs"] = spec.read_only_rootfs();
  host["SecurityOpt"] = Json();
  host["UTSMode"] = "";
  host["UsernsMode"] = "";
  host["ShmSize"] = kShmSizeBytes;
  host["Runtime"] =
      spec.runtime().empty() ? engine.default_runtime : spec.runtime();
  host["ConsoleSize"] = Json::array({0, 0});
  host["Isolation"] = "";
}

void AddResources(Json* json) {
  Json& host = *json;
  host["CpuShares"] = 0;
  host["Memory"] = 0;
  host["NanoCpus"] = 0;
  host["CgroupParent"] = "";
  host["BlkioWeight"] = 0;
  host["BlkioWeightDevice"] = Json::array();
  host["BlkioDeviceReadBps"] = Json();
  host["BlkioDeviceWriteBps"] = Json();
  host["BlkioDeviceReadIOps"] = Json();
  host["BlkioDeviceWriteIOps"] = Json();
  host["CpuPeriod"] = 0;
  host["CpuQuota"] = 0;
  host["CpuRealtimePeriod"] = 0;
  host["CpuRealtimeRuntime"] = 0;
  host["CpusetCpus"] = "";
  host["CpusetMems"] = "";
  host["Devices"] = Json::array();
  host["DeviceCgroupRules"] = Json();
  host["DeviceRequests"] = Json();
  host["KernelMemory"] = 0;
  host["KernelMemoryTCP"] = 0;
  host["MemoryReservation"] = 0;
  host["MemorySwap"] = 0;
  host["MemorySwappiness"] = Json();
  host["OomKillDisable"] = false;
  host["PidsLimit"] = Json();
  host["Ulimits"] = Json();
  host["CpuCount"] = 0;
  host["CpuPercent"] = 0;
  host["IOMaximumIOps"] = 0;
  host["IOMaximumBandwidth"] = 0;
}

void AddAddresses(Json* json) {
  Json& network = *json;
  network["EndpointID"] = "";
  network["Gateway"] = "";
  network["GlobalIPv6Address"] = "";
  network["GlobalIPv6PrefixLen"] = 0;
  network["IPAddress"] = "";
  network["IPPrefixLen"] = 0;
  network["IPv6Gateway"] = "";
  network["MacAddress"] = "";
}

// A network's part has the same members in another order.
Json EndpointJson() {
  Json endpoint;
  endpoint["IPAMConfig"] = Json();
  endpoint["Links"] = Json();
  endpoint["Aliases"] = Json();
  endpoint["NetworkID"] = "";
  endpoint["EndpointID"] = "";
  endpoint["Gateway"] = "";
  endpoint["IPAddress"] = "";
  endpoint["IPPrefixLen"] = 0;
  endpoint["IPv6Gateway"] = "";
  endpoint["GlobalIPv6Address"] = "";
  endpoint["GlobalIPv6PrefixLen"] = 0;
  endpoint["MacAddress"] = "";
  endpoint["DriverOpts"] = Json();
  return endpoint;
}

}  // namespace

std::string NetworkMode(const ContainerSpec& spec) {
  return spec.network().empty() ? "none" : spec.network();
}

Json HostConfigJson(const ContainerSpec& spec, const Engine& engine) {
  Json json;
  json["Binds"] = Binds(spec);
  json["ContainerIDFile"] = "";
  json["LogConfig"] = {{"Type", engine.log_driver}, {"Config", Json::object()}};
  json["NetworkMode"] = NetworkMode(spec);
  json["PortBindings"] = Json::object();
  json["RestartPolicy"] = {{"Name", "no"}, {"MaximumRetryCount", 0}};
  json["AutoRemove"] = spec.auto_remove();
  json["VolumeDriver"] = "";
  json["VolumesFrom"] = Json();
  AddNamespaces(spec, engine, &json);
  AddResources(&json);
  json["MaskedPaths"] = MaskedPaths();
  json["ReadonlyPaths"] = ReadonlyPaths();
  if (spec.init()) json["Init"] = true;
  return json;
}

Json MountsJson(const ContainerSpec& spec) {
  Json mounts = Json::array();
  for (const runtime::v1::Mount& mount : spec.mounts()) {
    Json json;
    json["Type"] = "bind";
    json["Source"] = mount.source();
    json["Destination"] = mount.target();
    json["Mode"] = mount.read_only() ? "ro" : "";
    json["RW"] = !mount.read_only();
    json["Propagation"] = "rprivate";
    mounts.push_back(std::move(json));
  }
  return mounts;
}

Json NetworkSettingsJson(const ContainerSpec& spec) {
  Json json;
  json["Bridge"] = "";
  json["SandboxID"] = "";
  json["HairpinMode"] = false;
  json["LinkLocalIPv6Address"] = "";
  json["LinkLocalIPv6PrefixLen"] = 0;
  json["Ports"] = Json::object();
  json["SandboxKey"] = "";
  json["SecondaryIPAddresses"] = Json();
  json["SecondaryIPv6Addresses"] = Json();
  AddAddresses(&json);
  json["Networks"][NetworkMode(spec)] = EndpointJson();
  return json;
}

}  // namespace gantry::docker
