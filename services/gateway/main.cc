// gantry-gateway: the one service that clients talk to. It serves on
// RUN/gateway.sock and passes calls on to the services in RUN/internal.

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/grpc/service_server.h"
#include "common/log/log.h"
#include "common/status/status_macros.h"
#include "common/version/version.h"
#include "services/gateway/config/gateway_config.h"
#include "services/gateway/server/gateway.h"

ABSL_FLAG(std::string, run_dir, "/run/gantry", "directory of the sockets");
ABSL_FLAG(std::string, config, "",
          "configuration file, gantry.config.v1.GatewayConfig in JSON; empty "
          "for the defaults");

namespace gantry::gateway {
namespace {

constexpr absl::Duration kShutdownGrace = absl::Seconds(3);

// Returns only if the gateway does not start.
absl::Status Run() {
  const std::string run_dir = absl::GetFlag(FLAGS_run_dir);
  GANTRY_ASSIGN_OR_RETURN(const config::v1::GatewayConfig config,
                          ReadConfig(absl::GetFlag(FLAGS_config)));
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<Gateway> gateway,
                          Gateway::Start(run_dir, config));
  LogInfo("ready", {{"version", kVersion}, {"sockets", run_dir}});
  const int signal = WaitForTerminationSignal();
  LogInfo("stopping", {{"signal", absl::StrCat(signal)}});
  gateway->Shutdown(kShutdownGrace);
  // Not by destructors: a page may still be asked from a backend.
  _exit(EXIT_SUCCESS);
}

}  // namespace
}  // namespace gantry::gateway

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("passes clients' calls on to Gantry's services");
  absl::ParseCommandLine(argc, argv);
  // What has no explicit mode is the service's own.
  umask(S_IRWXG | S_IRWXO);
  gantry::InitLog("gateway");
  gantry::BlockTerminationSignals();
  const absl::Status status = gantry::gateway::Run();
  gantry::LogError("cannot start", {{"error", status.ToString()}});
  _exit(EXIT_FAILURE);
}
