// grpc.health.v1 for the gateway and what lies behind it: "" is the gateway
// itself; a backend's service serves while its channel is connected.
//
// Threads: gRPC's; shared freely.

#ifndef GANTRY_SERVICES_GATEWAY_HEALTH_HEALTH_SERVICE_H_
#define GANTRY_SERVICES_GATEWAY_HEALTH_HEALTH_SERVICE_H_

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "grpc/health/v1/health.grpc.pb.h"

namespace gantry::gateway {

class HealthService : public grpc::health::v1::Health::Service {
 public:
  // By full name of a service, whether it can be reached now; each may take up
  // to a second.
  using Probes = std::map<std::string, std::function<bool()>>;

  explicit HealthService(Probes probes) : probes_(std::move(probes)) {}

  // From now on nothing serves; watchers are told and let go.
  void ShutDown() { stopping_ = true; }

  grpc::Status Check(grpc::ServerContext* context,
                     const grpc::health::v1::HealthCheckRequest* request,
                     grpc::health::v1::HealthCheckResponse* response) override;
  grpc::Status Watch(grpc::ServerContext* context,
                     const grpc::health::v1::HealthCheckRequest* request,
                     grpc::ServerWriter<grpc::health::v1::HealthCheckResponse>*
                         writer) override;

 private:
  using Serving = grpc::health::v1::HealthCheckResponse::ServingStatus;
  Serving StatusOf(const std::string& service) const;

  const Probes probes_;
  std::atomic<bool> stopping_{false};
};

}  // namespace gantry::gateway

#endif  // GANTRY_SERVICES_GATEWAY_HEALTH_HEALTH_SERVICE_H_
