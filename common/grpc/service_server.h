// Serves gRPC services on a unix socket to Gantry's own processes: checks the
// peer's uid, counts each call, logs each call with its request id, and answers
// grpc.health.v1.
//
// Threads: one thread starts and shuts down; services are called from many.

#ifndef GANTRY_COMMON_GRPC_SERVICE_SERVER_H_
#define GANTRY_COMMON_GRPC_SERVICE_SERVER_H_

#include <grpcpp/impl/codegen/service_type.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/grpc/peer_acceptor.h"
#include "common/metrics/call_metrics.h"

namespace gantry {

struct ServerOptions {
  std::string socket_path;
  mode_t mode = 0600;
  // Borrowed until Shutdown has returned.
  std::vector<grpc::Service*> services;
  // Users whose processes may call; empty for root and the own user.
  std::vector<uid_t> allowed_uids;
};

class ServiceServer {
 public:
  // `metrics` may be null and must outlive the server.
  //
  // ALREADY_EXISTS: another process listens on the socket.
  static absl::StatusOr<std::unique_ptr<ServiceServer>> Start(
      const ServerOptions& options, CallMetrics* metrics);

  ~ServiceServer();

  // Takes no new calls, gives those that run `grace` to end, and cancels the
  // rest.
  void Shutdown(absl::Duration grace);

 private:
  ServiceServer(std::unique_ptr<PeerAcceptor> acceptor,
                std::unique_ptr<grpc::Server> server);

  std::unique_ptr<PeerAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
};

// SIGTERM and SIGINT of the process go to WaitForTerminationSignal; SIGPIPE is
// ignored. Call before any thread is made.
void BlockTerminationSignals();

// Returns the signal.
int WaitForTerminationSignal();

}  // namespace gantry

#endif  // GANTRY_COMMON_GRPC_SERVICE_SERVER_H_
