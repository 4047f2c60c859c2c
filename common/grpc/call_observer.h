// Sees every call of a server: counts it, logs it when it ends, and makes its
// request id the thread's for the time that the service works on it.
//
// Threads: a factory is shared by all calls; gRPC owns one observer a call.

#ifndef GANTRY_COMMON_GRPC_CALL_OBSERVER_H_
#define GANTRY_COMMON_GRPC_CALL_OBSERVER_H_

#include <grpcpp/support/server_interceptor.h>

#include "common/metrics/call_metrics.h"

namespace gantry {

class CallObserverFactory
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  // `metrics` may be null.
  explicit CallObserverFactory(CallMetrics* metrics) : metrics_(metrics) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override;

 private:
  CallMetrics* const metrics_;
};

}  // namespace gantry

#endif  // GANTRY_COMMON_GRPC_CALL_OBSERVER_H_
