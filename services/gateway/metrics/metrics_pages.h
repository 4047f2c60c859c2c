// The pages for Prometheus: /metrics is the gateway's own, /metrics/image and
// /metrics/runtime are fetched from the backends.
//
// Threads: shared freely.

#ifndef GANTRY_SERVICES_GATEWAY_METRICS_METRICS_PAGES_H_
#define GANTRY_SERVICES_GATEWAY_METRICS_METRICS_PAGES_H_

#include <grpcpp/channel.h>

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/metrics/metrics.h"

namespace gantry::gateway {

class MetricsPages {
 public:
  // Channels by the name of their backend. `own` must outlive this object.
  MetricsPages(
      Metrics& own,
      std::map<std::string, std::shared_ptr<grpc::ChannelInterface>> backends)
      : own_(own), backends_(std::move(backends)) {}

  // NOT_FOUND: no such page. UNAVAILABLE: the backend does not answer.
  absl::StatusOr<std::string> Get(absl::string_view path);

 private:
  Metrics& own_;
  const std::map<std::string, std::shared_ptr<grpc::ChannelInterface>>
      backends_;
};

}  // namespace gantry::gateway

#endif  // GANTRY_SERVICES_GATEWAY_METRICS_METRICS_PAGES_H_
