// The runtime service: containers and their logs. Containers outlive it.

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/fs/file.h"
#include "common/grpc/service_server.h"
#include "common/kv/versioned_store.h"
#include "common/log/log.h"
#include "common/metrics/call_metrics.h"
#include "common/metrics/metrics.h"
#include "common/metrics/metrics_service.h"
#include "common/status/status_macros.h"
#include "services/image/client/grpc_image_client.h"
#include "services/runtime/container/container_lifecycle.h"
#include "services/runtime/container/kv_container_store.h"
#include "services/runtime/network/netns_pool.h"
#include "services/runtime/node/node.h"
#include "services/runtime/remote/image_rootfs_source.h"
#include "services/runtime/server/container_service.h"
#include "services/runtime/server/image_puller.h"
#include "services/runtime/server/node_service.h"
#include "services/runtime/shim/zygote_shim_host.h"
#include "services/runtime/spec/capabilities.h"
#include "services/runtime/spec/seccomp_compiler.h"
#include "services/runtime/spec/seccomp_profile.h"

ABSL_FLAG(std::string, state_dir, "/var/lib/gantry",
          "Directory of the platform's state.");
ABSL_FLAG(std::string, run_dir, "/run/gantry",
          "Directory of the platform's sockets.");
ABSL_FLAG(std::string, init_binary, "/usr/bin/tini-static",
          "The static program that is process 1 of containers with an init.");
ABSL_FLAG(std::string, shim_binary, "",
          "The program gantry-shim; without it, the one beside this program.");

namespace gantry::runtime {
namespace {

// As many as clients usually start at once.
constexpr size_t kNetnsInStock = 8;
constexpr absl::Duration kShutdownGrace = absl::Seconds(2);
constexpr char kDefaultRuntime[] = "crun";

// Where the build leaves it, or in one directory with this program.
absl::StatusOr<std::string> ShimProgram() {
  if (!absl::GetFlag(FLAGS_shim_binary).empty())
    return absl::GetFlag(FLAGS_shim_binary);
  std::string self(4096, '\0');
  const ssize_t length = ::readlink("/proc/self/exe", self.data(), self.size());
  if (length <= 0) return absl::ErrnoToStatus(errno, "read /proc/self/exe");
  self.resize(static_cast<size_t>(length));
  const std::string directory = self.substr(0, self.rfind('/'));
  for (const char* name : {"/shim/gantry-shim", "/gantry-shim"}) {
    if (::access((directory + name).c_str(), X_OK) == 0)
      return directory + name;
  }
  return absl::NotFoundError(absl::StrCat(
      "there is no gantry-shim in ", directory, "; name it by --shim_binary"));
}

std::string PathVariable() {
  const char* path = std::getenv("PATH");
  return path == nullptr ? "" : path;
}

absl::StatusOr<std::map<std::string, std::string>> Runtimes() {
  std::map<std::string, std::string> runtimes =
      InstalledRuntimes(PathVariable());
  if (runtimes.empty()) {
    return absl::FailedPreconditionError(
        "neither crun nor runc is installed; scripts/setup installs crun");
  }
  return runtimes;
}

// What --init puts first in a container; empty if it is not installed.
std::string InitProgram() {
  const std::string path = absl::GetFlag(FLAGS_init_binary);
  return ::access(path.c_str(), X_OK) == 0 ? path : "";
}

// The default profile, compiled once; empty to leave it to the OCI runtimes.
std::string SeccompProgram() {
  const absl::StatusOr<std::string> program = CompileSeccomp(SeccompProfile(
      {std::begin(kDefaultCapabilities), std::end(kDefaultCapabilities)}));
  if (!program.ok()) {
    LogWarning("the seccomp profile could not be compiled",
               {{"error", program.status().ToString()}});
    return "";
  }
  return *program;
}

void AddGauges(Metrics& metrics, ContainerLifecycle& lifecycle) {
  const std::string name = "gantry_runtime_containers";
  const std::string help = "Containers by state.";
  metrics.AddGauge(
      name, help,
      [&] { return static_cast<double>(lifecycle.Counts().running); },
      {{"state", "running"}});
  metrics.AddGauge(
      name, help,
      [&] { return static_cast<double>(lifecycle.Counts().paused); },
      {{"state", "paused"}});
  metrics.AddGauge(
      name, help,
      [&] { return static_cast<double>(lifecycle.Counts().stopped); },
      {{"state", "stopped"}});
}

absl::Status Run() {
  const std::string state_dir = absl::GetFlag(FLAGS_state_dir) + "/runtime";
  const std::string internal_dir = absl::GetFlag(FLAGS_run_dir) + "/internal";
  GANTRY_RETURN_IF_ERROR(MakeDirectories(absl::GetFlag(FLAGS_run_dir), 0755));
  GANTRY_RETURN_IF_ERROR(MakeDirectories(internal_dir, 0700));
  GANTRY_RETURN_IF_ERROR(MakeDirectories(state_dir, 0700));
  GANTRY_ASSIGN_OR_RETURN(const std::string shim_program, ShimProgram());
  GANTRY_ASSIGN_OR_RETURN(const auto runtimes, Runtimes());
  const std::string default_runtime = runtimes.count(kDefaultRuntime) != 0
                                          ? kDefaultRuntime
                                          : runtimes.begin()->first;

  // Domain objects in the order of their dependencies.
  GANTRY_ASSIGN_OR_RETURN(
      const std::unique_ptr<KvStore> kv,
      OpenVersionedStore(state_dir + "/db", KvContainerStore::Families(),
                         KvContainerStore::kVersion, {}));
  KvContainerStore store(*kv);
  GANTRY_ASSIGN_OR_RETURN(
      const std::unique_ptr<ShimHost> shims,
      NewZygoteShimHost({absl::GetFlag(FLAGS_run_dir), shim_program,
                         state_dir + "/containers",
                         runtimes.at(default_runtime)}));
  image::GrpcImageClient images(internal_dir);
  ImageRootfsSource rootfs(images, absl::GetCurrentTimeNanos());
  LifecycleOptions options;
  options.state_dir = state_dir;
  options.bundles_dir = internal_dir + "/bundles";
  options.runtimes = runtimes;
  options.default_runtime = default_runtime;
  options.init_path = InitProgram();
  options.seccomp_program = SeccompProgram();
  NetnsPool netns_pool(kNetnsInStock);
  options.netns_pool = &netns_pool;
  ContainerLifecycle lifecycle(options, store, rootfs, *shims);
  GANTRY_RETURN_IF_ERROR(lifecycle.Recover());

  // Adapters.
  Metrics metrics;
  AddGauges(metrics, lifecycle);
  CallMetrics call_metrics(metrics, {"gantry.runtime.v1.ContainerService",
                                     "gantry.runtime.v1.NodeService"});
  NodeService::Options node_options;
  for (const auto& [name, program] : runtimes)
    node_options.runtimes.push_back(name);
  node_options.default_runtime = default_runtime;
  node_options.state_dir = state_dir;
  ImagePuller puller(images);
  ContainerService container_service(lifecycle, puller);
  NodeService node_service(lifecycle, node_options);
  MetricsService metrics_service(metrics);
  ServerOptions server_options;
  server_options.socket_path = internal_dir + "/runtime.sock";
  server_options.services = {&container_service, &node_service,
                             &metrics_service};
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<ServiceServer> server,
                          ServiceServer::Start(server_options, &call_metrics));
  LogInfo("serving", {{"socket", server_options.socket_path},
                      {"runtime", runtimes.at(default_runtime)}});

  const int signal = WaitForTerminationSignal();
  LogInfo("stopping", {{"signal", absl::StrCat(signal)}});
  server->Shutdown(kShutdownGrace);
  LogInfo("stopped");
  // Containers go on. Everything acknowledged is in the store; threads that
  // still work are ended as a kill would end them, which the next start makes
  // good.
  ::_exit(0);
}

}  // namespace
}  // namespace gantry::runtime

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  ::umask(0077);
  gantry::InitLog("runtime");
  gantry::BlockTerminationSignals();
  const absl::Status status = gantry::runtime::Run();
  gantry::LogError("cannot serve", {{"error", std::string(status.message())}});
  ::_exit(1);
}
