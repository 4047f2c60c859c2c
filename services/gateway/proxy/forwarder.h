// The gateway's one service: takes every call, finds out who calls, decides,
// counts, logs, and passes it on.
//
// Threads: gRPC's; shared freely.

#ifndef GANTRY_SERVICES_GATEWAY_PROXY_FORWARDER_H_
#define GANTRY_SERVICES_GATEWAY_PROXY_FORWARDER_H_

#include <grpcpp/generic/async_generic_service.h>

#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/metrics/call_metrics.h"
#include "services/gateway/auth/identity.h"
#include "services/gateway/auth/method_access.h"
#include "services/gateway/proxy/route_table.h"

namespace gantry::gateway {

class Forwarder : public grpc::CallbackGenericService {
 public:
  // Who is at the other end of a call, by its context's peer().
  using Authenticator = std::function<Identity(absl::string_view grpc_peer)>;

  // All must outlive this object.
  Forwarder(Authenticator authenticate, const MethodAccess& access,
            RouteTable& routes, CallMetrics& metrics)
      : authenticate_(std::move(authenticate)),
        access_(access),
        routes_(routes),
        metrics_(metrics) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;

 private:
  const Authenticator authenticate_;
  const MethodAccess& access_;
  RouteTable& routes_;
  CallMetrics& metrics_;
};

}  // namespace gantry::gateway

#endif  // GANTRY_SERVICES_GATEWAY_PROXY_FORWARDER_H_
