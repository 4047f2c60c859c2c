#include "common/grpc/service_server.h"

#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/grpc/call_observer.h"
#include "common/grpc/channel.h"
#include "common/status/status_macros.h"

namespace gantry {
namespace {

sigset_t TerminationSignals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  return signals;
}

std::unique_ptr<grpc::Server> BuildServer(const ServerOptions& options,
                                          CallMetrics* metrics) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  ApplyTransportSettings(builder);
  for (grpc::Service* service : options.services)
    builder.RegisterService(service);
  std::vector<
      std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
      observers;
  observers.push_back(std::make_unique<CallObserverFactory>(metrics));
  builder.experimental().SetInterceptorCreators(std::move(observers));
  return builder.BuildAndStart();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServiceServer>> ServiceServer::Start(
    const ServerOptions& options, CallMetrics* metrics) {
  std::vector<uid_t> allowed = options.allowed_uids;
  if (allowed.empty()) allowed = {0, ::geteuid()};
  PeerAcceptor::Options listen;
  listen.socket_path = options.socket_path;
  listen.mode = options.mode;
  listen.admit = [allowed](const Peer& peer) {
    return std::find(allowed.begin(), allowed.end(), peer.uid) != allowed.end();
  };
  GANTRY_ASSIGN_OR_RETURN(std::unique_ptr<PeerAcceptor> acceptor,
                          PeerAcceptor::Listen(std::move(listen)));
  std::unique_ptr<grpc::Server> server = BuildServer(options, metrics);
  if (server == nullptr) {
    return absl::InternalError(
        absl::StrCat("gRPC did not start on ", options.socket_path));
  }
  acceptor->Serve(*server);
  return std::unique_ptr<ServiceServer>(
      new ServiceServer(std::move(acceptor), std::move(server)));
}

ServiceServer::ServiceServer(std::unique_ptr<PeerAcceptor> acceptor,
                             std::unique_ptr<grpc::Server> server)
    : acceptor_(std::move(acceptor)), server_(std::move(server)) {}

ServiceServer::~ServiceServer() { Shutdown(absl::ZeroDuration()); }

void ServiceServer::Shutdown(absl::Duration grace) {
  if (server_ == nullptr) return;
  acceptor_->StopAccepting();
  if (grpc::HealthCheckServiceInterface* health =
          server_->GetHealthCheckService()) {
    health->SetServingStatus(false);
  }
  server_->Shutdown(absl::ToChronoTime(absl::Now() + grace));
  server_.reset();
}

void BlockTerminationSignals() {
  const sigset_t signals = TerminationSignals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int WaitForTerminationSignal() {
  const sigset_t signals = TerminationSignals();
  int signal = 0;
  while (::sigwait(&signals, &signal) != 0) {
  }
  return signal;
}

}  // namespace gantry
