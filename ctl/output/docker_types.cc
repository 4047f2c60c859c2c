#include "ctl/output/docker_types.h"

#include <utility>
#include <vector>

namespace gantry::ctl {
namespace {

GoField Field(const char* name, GoTypePtr type) {
  return {name, name, std::move(type)};
}

// A field that templates call otherwise than JSON does.
GoField Field(const char* name, const char* key, GoTypePtr type) {
  return {name, key, std::move(type)};
}

// A map of which only the keys count.
GoTypePtr SetType() { return NewMapType(NewStructType("struct {}", {})); }

GoTypePtr OptionalStruct(const char* name, std::vector<GoField> fields) {
  return NewPointerType(NewStructType(name, std::move(fields)));
}

GoTypePtr HealthType() {
  return OptionalStruct("Health", {Field("Status", GoType::String()),
                                   Field("FailingStreak", GoType::Int()),
                                   Field("Log", NewListType(GoType::Any()))});
}

GoTypePtr StateType() {
  return OptionalStruct(
      "State",
      {Field("Status", GoType::String()), Field("Running", GoType::Bool()),
       Field("Paused", GoType::Bool()), Field("Restarting", GoType::Bool()),
       Field("OOMKilled", GoType::Bool()), Field("Dead", GoType::Bool()),
       Field("Pid", GoType::Int()), Field("ExitCode", GoType::Int()),
       Field("Error", GoType::String()), Field("StartedAt", GoType::String()),
       Field("FinishedAt", GoType::String()), Field("Health", HealthType())});
}

GoTypePtr HealthcheckType() {
  return OptionalStruct(
      "HealthConfig",
      {Field("Test", GoType::Strings()), Field("Interval", GoType::Int()),
       Field("Timeout", GoType::Int()), Field("StartPeriod", GoType::Int()),
       Field("Retries", GoType::Int())});
}

GoTypePtr ConfigType() {
  return OptionalStruct("Config",
                        {Field("Hostname", GoType::String()),
                         Field("Domainname", GoType::String()),
                         Field("User", GoType::String()),
                         Field("AttachStdin", GoType::Bool()),
                         Field("AttachStdout", GoType::Bool()),
                         Field("AttachStderr", GoType::Bool()),
                         Field("ExposedPorts", SetType()),
                         Field("Tty", GoType::Bool()),
                         Field("OpenStdin", GoType::Bool()),
                         Field("StdinOnce", GoType::Bool()),
                         Field("Env", GoType::Strings()),
                         Field("Cmd", GoType::Strings()),
                         Field("Healthcheck", HealthcheckType()),
                         Field("ArgsEscaped", GoType::Bool()),
                         Field("Image", GoType::String()),
                         Field("Volumes", SetType()),
                         Field("WorkingDir", GoType::String()),
                         Field("Entrypoint", GoType::Strings()),
                         Field("NetworkDisabled", GoType::Bool()),
                         Field("MacAddress", GoType::String()),
                         Field("OnBuild", GoType::Strings()),
                         Field("Labels", GoType::StringMap()),
                         Field("StopSignal", GoType::String()),
                         Field("StopTimeout", NewPointerType(GoType::Int())),
                         Field("Shell", GoType::Strings())});
}

GoTypePtr LogConfigType() {
  return NewStructType("LogConfig", {Field("Type", GoType::String()),
                                     Field("Config", GoType::StringMap())});
}

GoTypePtr RestartPolicyType() {
  return NewStructType("RestartPolicy",
                       {Field("Name", GoType::String()),
                        Field("MaximumRetryCount", GoType::Int())});
}

// Lists of things that containers cannot have here.
GoTypePtr OtherList() { return NewListType(GoType::Any()); }

std::vector<GoField> HostFields() {
  return {Field("Binds", GoType::Strings()),
          Field("ContainerIDFile", GoType::String()),
          Field("LogConfig", LogConfigType()),
          Field("NetworkMode", GoType::String()),
          Field("PortBindings", NewMapType(OtherList())),
          Field("RestartPolicy", RestartPolicyType()),
          Field("AutoRemove", GoType::Bool()),
          Field("VolumeDriver", GoType::String()),
          Field("VolumesFrom", GoType::Strings()),
          Field("CapAdd", GoType::Strings()),
          Field("CapDrop", GoType::Strings()),
          Field("CgroupnsMode", GoType::String()),
          Field("DNS", "Dns", GoType::Strings()),
          Field("DNSOptions", "DnsOptions", GoType::Strings()),
          Field("DNSSearch", "DnsSearch", GoType::Strings()),
          Field("ExtraHosts", GoType::Strings()),
          Field("GroupAdd", GoType::Strings()),
          Field("IpcMode", GoType::String()),
          Field("Cgroup", GoType::String()),
          Field("Links", GoType::Strings()),
          Field("OomScoreAdj", GoType::Int()),
          Field("PidMode", GoType::String()),
          Field("Privileged", GoType::Bool()),
          Field("PublishAllPorts", GoType::Bool()),
          Field("ReadonlyRootfs", GoType::Bool()),
          Field("SecurityOpt", GoType::Strings()),
          Field("StorageOpt", GoType::StringMap()),
          Field("Tmpfs", GoType::StringMap()),
          Field("UTSMode", GoType::String()),
          Field("UsernsMode", GoType::String()),
          Field("ShmSize", GoType::Int()),
          Field("Sysctls", GoType::StringMap()),
          Field("Runtime", GoType::String()),
          Field("ConsoleSize", NewListType(GoType::Int())),
          Field("Isolation", GoType::String())};
}

std::vector<GoField> ResourceFields() {
  return {Field("CPUShares", "CpuShares", GoType::Int()),
          Field("Memory", GoType::Int()),
          Field("NanoCPUs", "NanoCpus", GoType::Int()),
          Field("CgroupParent", GoType::String()),
          Field("BlkioWeight", GoType::Int()),
          Field("BlkioWeightDevice", OtherList()),
          Field("BlkioDeviceReadBps", OtherList()),
          Field("BlkioDeviceWriteBps", OtherList()),
          Field("BlkioDeviceReadIOps", OtherList()),
          Field("BlkioDeviceWriteIOps", OtherList()),
          Field("CPUPeriod", "CpuPeriod", GoType::Int()),
          Field("CPUQuota", "CpuQuota", GoType::Int()),
          Field("CPURealtimePeriod", "CpuRealtimePeriod", GoType::Int()),
          Field("CPURealtimeRuntime", "CpuRealtimeRuntime", GoType::Int()),
          Field("CpusetCpus", GoType::String()),
          Field("CpusetMems", GoType::String()),
          Field("Devices", OtherList()),
          Field("DeviceCgroupRules", GoType::Strings()),
          Field("DeviceRequests", OtherList()),
          Field("KernelMemory", GoType::Int()),
          Field("KernelMemoryTCP", GoType::Int()),
          Field("MemoryReservation", GoType::Int()),
          Field("MemorySwap", GoType::Int()),
          Field("MemorySwappiness", NewPointerType(GoType::Int())),
          Field("OomKillDisable", NewPointerType(GoType::Bool())),
          Field("PidsLimit", NewPointerType(GoType::Int())),
          Field("Ulimits", OtherList()),
          Field("CPUCount", "CpuCount", GoType::Int()),
          Field("CPUPercent", "CpuPercent", GoType::Int()),
          Field("IOMaximumIOps", GoType::Int()),
          Field("IOMaximumBandwidth", GoType::Int()),
          Field("MaskedPaths", GoType::Strings()),
          Field("ReadonlyPaths", GoType::Strings()),
          Field("Init", NewPointerType(GoType::Bool()))};
}

GoTypePtr HostConfigType() {
  std::vector<GoField> fields = HostFields();
  for (GoField& field : ResourceFields()) fields.push_back(std::move(field));
  return OptionalStruct("HostConfig", std::move(fields));
}

GoTypePtr MountType() {
  return NewStructType(
      "MountPoint",
      {Field("Type", GoType::String()), Field("Name", GoType::String()),
       Field("Source", GoType::String()),
       Field("Destination", GoType::String()),
       Field("Driver", GoType::String()), Field("Mode", GoType::String()),
       Field("RW", GoType::Bool()), Field("Propagation", GoType::String())});
}

GoTypePtr EndpointType() {
  return OptionalStruct(
      "EndpointSettings",
      {Field("IPAMConfig", NewPointerType(NewStructType("IPAMConfig", {}))),
       Field("Links", GoType::Strings()), Field("Aliases", GoType::Strings()),
       Field("NetworkID", GoType::String()),
       Field("EndpointID", GoType::String()),
       Field("Gateway", GoType::String()), Field("IPAddress", GoType::String()),
       Field("IPPrefixLen", GoType::Int()),
       Field("IPv6Gateway", GoType::String()),
       Field("GlobalIPv6Address", GoType::String()),
       Field("GlobalIPv6PrefixLen", GoType::Int()),
       Field("MacAddress", GoType::String()),
       Field("DriverOpts", GoType::StringMap())});
}

GoTypePtr NetworkSettingsType() {
  return OptionalStruct(
      "NetworkSettings",
      {Field("Bridge", GoType::String()), Field("SandboxID", GoType::String()),
       Field("HairpinMode", GoType::Bool()),
       Field("LinkLocalIPv6Address", GoType::String()),
       Field("LinkLocalIPv6PrefixLen", GoType::Int()),
       Field("Ports", NewMapType(OtherList())),
       Field("SandboxKey", GoType::String()),
       Field("SecondaryIPAddresses", OtherList()),
       Field("SecondaryIPv6Addresses", OtherList()),
       Field("EndpointID", GoType::String()),
       Field("Gateway", GoType::String()),
       Field("GlobalIPv6Address", GoType::String()),
       Field("GlobalIPv6PrefixLen", GoType::Int()),
       Field("IPAddress", GoType::String()),
       Field("IPPrefixLen", GoType::Int()),
       Field("IPv6Gateway", GoType::String()),
       Field("MacAddress", GoType::String()),
       Field("Networks", NewMapType(EndpointType()))});
}

GoTypePtr GraphDriverType() {
  return NewStructType("GraphDriverData", {Field("Data", GoType::StringMap()),
                                           Field("Name", GoType::String())});
}

GoTypePtr NewContainerType() {
  return NewStructType("container",
                       {Field("ID", "Id", GoType::String()),
                        Field("Created", GoType::String()),
                        Field("Path", GoType::String()),
                        Field("Args", GoType::Strings()),
                        Field("State", StateType()),
                        Field("Image", GoType::String()),
                        Field("ResolvConfPath", GoType::String()),
                        Field("HostnamePath", GoType::String()),
                        Field("HostsPath", GoType::String()),
                        Field("LogPath", GoType::String()),
                        Field("Name", GoType::String()),
                        Field("RestartCount", GoType::Int()),
                        Field("Driver", GoType::String()),
                        Field("Platform", GoType::String()),
                        Field("MountLabel", GoType::String()),
                        Field("ProcessLabel", GoType::String()),
                        Field("AppArmorProfile", GoType::String()),
                        Field("ExecIDs", GoType::Strings()),
                        Field("HostConfig", HostConfigType()),
                        Field("GraphDriver", GraphDriverType()),
                        Field("SizeRw", NewPointerType(GoType::Int())),
                        Field("SizeRootFs", NewPointerType(GoType::Int())),
                        Field("Mounts", NewListType(MountType())),
                        Field("Config", ConfigType()),
                        Field("NetworkSettings", NetworkSettingsType())});
}

GoTypePtr NewImageType() {
  GoTypePtr root_fs =
      NewStructType("RootFS", {Field("Type", GoType::String()),
                               Field("Layers", GoType::Strings()),
                               Field("BaseLayer", GoType::String())});
  return NewStructType(
      "image",
      {Field("ID", "Id", GoType::String()),
       Field("RepoTags", GoType::Strings()),
       Field("RepoDigests", GoType::Strings()),
       Field("Parent", GoType::String()),
       Field("Comment", GoType::String()),
       Field("Created", GoType::String()),
       Field("Container", GoType::String()),
       Field("ContainerConfig", ConfigType()),
       Field("DockerVersion", GoType::String()),
       Field("Author", GoType::String()),
       Field("Config", ConfigType()),
       Field("Architecture", GoType::String()),
       Field("Variant", GoType::String()),
       Field("Os", GoType::String()),
       Field("OsVersion", GoType::String()),
       Field("Size", GoType::Int()),
       Field("VirtualSize", GoType::Int()),
       Field("GraphDriver", GraphDriverType()),
       Field("RootFS", root_fs),
       Field("Metadata",
             NewStructType("ImageMetadata",
                           {Field("LastTagTime", GoType::String())}))});
}

}  // namespace

GoTypePtr ContainerType() {
  static const auto& type = *new GoTypePtr(NewContainerType());
  return type;
}

GoTypePtr ImageType() {
  static const auto& type = *new GoTypePtr(NewImageType());
  return type;
}

}  // namespace gantry::ctl
