// Hands a backend's metrics to the gateway.
//
// Threads: shared freely.

#ifndef GANTRY_COMMON_METRICS_METRICS_SERVICE_H_
#define GANTRY_COMMON_METRICS_METRICS_SERVICE_H_

#include "common/metrics/metrics.h"
#include "gantry/types/v1/metrics_service.grpc.pb.h"

namespace gantry {

class MetricsService : public types::v1::MetricsService::Service {
 public:
  // `metrics` must outlive this object.
  explicit MetricsService(Metrics& metrics) : metrics_(metrics) {}

  grpc::Status GetMetrics(grpc::ServerContext* context,
                          const types::v1::GetMetricsRequest* request,
                          types::v1::GetMetricsResponse* response) override {
    response->set_text(metrics_.Text());
    return grpc::Status::OK;
  }

 private:
  Metrics& metrics_;
};

}  // namespace gantry

#endif  // GANTRY_COMMON_METRICS_METRICS_SERVICE_H_
