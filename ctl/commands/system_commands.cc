// version and info.

#include <sys/utsname.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/json/json.h"
#include "common/version/version.h"
#include "ctl/commands/command.h"
#include "ctl/output/go_template.h"
#include "ctl/output/human.h"

namespace gantry::ctl {
namespace {

constexpr char kApiVersion[] = "v1";

const FlagSpec kFormat = {
    'f', "format", FlagKind::kString,
    "Format output using a custom template: 'json' or a Go template"};

// Prints `value` by the template; "json" stands for all of it.
// Exit code for a template that cannot be parsed.
constexpr int kExitBadTemplate = 64;

int PrintFormatted(CommandContext& context, const Json& value,
                   const std::string& format, const std::string& command) {
  const auto parsed =
      GoTemplate::Parse(format == "json" ? "{{json .}}" : format, command);
  if (!parsed.ok()) {
    context.console.Err(absl::StrCat(
        "template parsing error: ", parsed.status().message(), "\n"));
    return kExitBadTemplate;
  }
  const auto text = parsed->Execute(value);
  if (!text.ok()) {
    context.console.Out("\n");
    context.console.Err(absl::StrCat(text.status().message(), "\n"));
    return kExitError;
  }
  context.console.Out(*text + "\n");
  return 0;
}

std::string Platform() {
  utsname name = {};
  uname(&name);
  const std::string machine = name.machine;
  if (machine == "x86_64") return "linux/amd64";
  return machine == "aarch64" ? "linux/arm64" : "linux/" + machine;
}

// ---- version ----------------------------------------------------------------

Json ClientVersion() {
  const std::string platform = Platform();
  Json json;
  json["Version"] = kVersion;
  json["ApiVersion"] = kApiVersion;
  json["Os"] = "linux";
  json["Arch"] = platform.substr(platform.find('/') + 1);
  return json;
}

Json ServerVersion(const gateway::v1::GetVersionResponse& response) {
  Json components = Json::array();
  for (const auto& component : response.components()) {
    components.push_back(
        {{"Name", component.name()}, {"Version", component.version()}});
  }
  const std::string& platform = response.platform();
  const size_t slash = platform.find('/');
  Json json;
  json["Version"] = response.version();
  json["ApiVersion"] = response.api_version();
  json["GitCommit"] = response.git_commit();
  json["Compiler"] = response.compiler();
  json["Os"] = platform.substr(0, slash);
  json["Arch"] = slash == std::string::npos ? "" : platform.substr(slash + 1);
  json["Components"] = std::move(components);
  return json;
}

std::string ClientText() {
  return absl::StrCat("Client: Gantry ctl\n Version:           ", kVersion,
                      "\n API version:       ", kApiVersion,
                      "\n OS/Arch:           ", Platform(), "\n");
}

std::string ServerText(const gateway::v1::GetVersionResponse& response) {
  std::string text =
      absl::StrCat("\nServer: Gantry\n Version:           ", response.version(),
                   "\n API version:       ", response.api_version(), "\n");
  if (!response.git_commit().empty()) {
    absl::StrAppend(&text, " Git commit:        ", response.git_commit(), "\n");
  }
  absl::StrAppend(&text, " Compiler:          ", response.compiler(),
                  "\n OS/Arch:           ", response.platform(), "\n");
  for (const auto& component : response.components()) {
    absl::StrAppend(
        &text, " ", component.name(), ":\n  Version:          ",
        component.version().empty() ? "(does not answer)" : component.version(),
        "\n");
  }
  return text;
}

int Version(CommandContext& context, const ParsedFlags& flags) {
  const auto response = context.client.GetVersion();
  const std::string format = flags.String("format");
  if (!format.empty()) {
    Json json;
    json["Client"] = ClientVersion();
    json["Server"] = response.ok() ? ServerVersion(*response) : Json();
    const int exit_code = PrintFormatted(context, json, format, "version");
    if (exit_code != 0) return exit_code;
  } else {
    context.console.Out(
        absl::StrCat(ClientText(), response.ok() ? ServerText(*response) : ""));
  }
  return response.ok() ? 0 : Fail(context, response.status());
}

// ---- info -------------------------------------------------------------------

Json InfoJson(const gateway::v1::GetInfoResponse& info) {
  const runtime::v1::GetNodeInfoResponse& node = info.node();
  const image::v1::GetStoreInfoResponse& store = info.store();
  Json runtimes = Json::object();
  for (const std::string& runtime : node.runtimes()) {
    runtimes[runtime] = {{"path", runtime}};
  }
  Json security = Json::array();
  for (const std::string& option : node.security_options()) {
    security.push_back("name=" + option);
  }
  Json warnings = Json::array();
  for (const std::string& warning : info.warnings()) {
    warnings.push_back(warning);
  }
  Json json;
  json["Containers"] = node.container_count();
  json["ContainersRunning"] = node.running_count();
  json["ContainersPaused"] = node.paused_count();
  json["ContainersStopped"] = node.stopped_count();
  json["Images"] = store.image_count();
  json["Driver"] = store.snapshotter();
  json["LoggingDriver"] = node.log_format();
  json["CgroupVersion"] = absl::StrCat(node.cgroup_version());
  json["KernelVersion"] = node.kernel_version();
  json["OperatingSystem"] = node.operating_system();
  json["OSType"] = node.os_type();
  json["Architecture"] = node.architecture();
  json["NCPU"] = node.cpu_count();
  json["MemTotal"] = node.memory_bytes();
  json["DockerRootDir"] = store.state_dir();
  json["Name"] = node.hostname();
  json["ServerVersion"] = info.version();
  json["Runtimes"] = std::move(runtimes);
  json["DefaultRuntime"] = node.default_runtime();
  json["SecurityOptions"] = std::move(security);
  json["CallerIdentity"] = info.caller_identity();
  json["CallerRole"] = info.caller_role();
  json["Warnings"] = std::move(warnings);
  json["ClientInfo"] = ClientVersion();
  return json;
}

std::string InfoText(const gateway::v1::GetInfoResponse& info) {
  const runtime::v1::GetNodeInfoResponse& node = info.node();
  const image::v1::GetStoreInfoResponse& store = info.store();
  std::string text = absl::StrCat(
      "Client: Gantry ctl\n Version:    ", kVersion,
      "\n\nServer:\n Containers: ", node.container_count(),
      "\n  Running: ", node.running_count(),
      "\n  Paused: ", node.paused_count(),
      "\n  Stopped: ", node.stopped_count(), "\n Images: ", store.image_count(),
      "\n Server Version: ", info.version(),
      "\n Storage Driver: ", store.snapshotter());
  absl::StrAppend(&text, "\n  Layer Format: ", store.layer_format(),
                  "\n  Blobs: ", store.blob_count(), " (",
                  HumanSize(store.blob_size_bytes()),
                  ")\n  Layers: ", store.layer_count(), " (",
                  HumanSize(store.layer_size_bytes()),
                  ")\n Logging Driver: ", node.log_format(),
                  "\n Cgroup Version: ", node.cgroup_version());
  absl::StrAppend(&text, "\n Runtimes: ", absl::StrJoin(node.runtimes(), " "),
                  "\n Default Runtime: ", node.default_runtime(),
                  "\n Security Options:\n");
  for (const std::string& option : node.security_options()) {
    absl::StrAppend(&text, "  ", option, "\n");
  }
  absl::StrAppend(&text, " Kernel Version: ", node.kernel_version(),
                  "\n Operating System: ", node.operating_system(),
                  "\n OSType: ", node.os_type(),
                  "\n Architecture: ", node.architecture(),
                  "\n CPUs: ", node.cpu_count(),
                  "\n Total Memory: ", HumanBinarySize(node.memory_bytes()));
  absl::StrAppend(&text, "\n Name: ", node.hostname(),
                  "\n Image Root Dir: ", store.state_dir(),
                  "\n Runtime Root Dir: ", node.state_dir(),
                  "\n Caller: ", info.caller_identity(), " (",
                  info.caller_role(), ")\n");
  return text;
}

int Info(CommandContext& context, const ParsedFlags& flags) {
  const auto info = context.client.GetInfo();
  if (!info.ok()) return Fail(context, info.status());
  if (const std::string format = flags.String("format"); !format.empty()) {
    return PrintFormatted(context, InfoJson(*info), format, "info");
  }
  context.console.Out(InfoText(*info));
  for (const std::string& warning : info->warnings()) {
    context.console.Err(absl::StrCat("WARNING: ", warning, "\n"));
  }
  return 0;
}

}  // namespace

std::vector<Command> SystemCommands() {
  return {
      {{"version"},
       "[OPTIONS]",
       "Show the version information of client and platform",
       0,
       0,
       {kFormat},
       Version},
      {{"info", "system info"},
       "[OPTIONS]",
       "Display system-wide information",
       0,
       0,
       {kFormat},
       Info},
  };
}

}  // namespace gantry::ctl
