#include "services/gateway/health/health_service.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/grpc/grpc_status.h"
#include "common/status/error.h"

namespace gantry::gateway {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr absl::Duration kWatchInterval = absl::Milliseconds(200);

}  // namespace

HealthService::Serving HealthService::StatusOf(
    const std::string& service) const {
  if (service.empty()) {
    return stopping_ ? HealthCheckResponse::NOT_SERVING
                     : HealthCheckResponse::SERVING;
  }
  const auto probe = probes_.find(service);
  if (probe == probes_.end()) return HealthCheckResponse::SERVICE_UNKNOWN;
  return !stopping_ && probe->second() ? HealthCheckResponse::SERVING
                                       : HealthCheckResponse::NOT_SERVING;
}

grpc::Status HealthService::Check(grpc::ServerContext* /*context*/,
                                  const HealthCheckRequest* request,
                                  HealthCheckResponse* response) {
  const Serving status = StatusOf(request->service());
  if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
    return ToGrpcStatus(Error(absl::StatusCode::kNotFound, "SERVICE_UNKNOWN",
                              absl::StrCat("there is no service ",
                                           request->service().substr(0, 200))));
  }
  response->set_status(status);
  return grpc::Status::OK;
}

grpc::Status HealthService::Watch(
    grpc::ServerContext* context, const HealthCheckRequest* request,
    grpc::ServerWriter<HealthCheckResponse>* writer) {
  HealthCheckResponse response;
  bool first = true;
  while (!context->IsCancelled()) {
    const Serving status = StatusOf(request->service());
    if (first || status != response.status()) {
      first = false;
      response.set_status(status);
      if (!writer->Write(response)) break;
    }
    if (stopping_) break;
    absl::SleepFor(kWatchInterval);
  }
  return grpc::Status::OK;
}

}  // namespace gantry::gateway
