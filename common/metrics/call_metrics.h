// Counts gRPC calls under the names that dashboards know (go-grpc-prometheus):
// grpc_server_started_total, grpc_server_handled_total and
// grpc_server_handling_seconds. Every method is there from zero on.
//
// Threads: shared freely.

#ifndef GANTRY_COMMON_METRICS_CALL_METRICS_H_
#define GANTRY_COMMON_METRICS_CALL_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/metrics/metrics.h"

namespace gantry {

class CallMetrics {
 public:
  // `services` are full names, "gantry.image.v1.ImageService", whose
  // descriptors are linked into the program. Calls of other methods are not
  // counted.
  CallMetrics(Metrics& metrics, const std::vector<std::string>& services);

  // `method` is a path: "/gantry.image.v1.ImageService/ListImages".
  void Started(absl::string_view method);
  void Handled(absl::string_view method, absl::StatusCode code,
               absl::Duration took);

 private:
  struct Method {
    prometheus::Labels labels;
    prometheus::Counter* started;
    prometheus::Histogram* seconds;
  };

  const Method* Find(absl::string_view method) const;
  void AddMethod(const std::string& service, const std::string& name,
                 const std::string& type);

  prometheus::Family<prometheus::Counter>& started_;
  prometheus::Family<prometheus::Counter>& handled_;
  prometheus::Family<prometheus::Histogram>& seconds_;
  std::map<std::string, Method, std::less<>> methods_;
};

}  // namespace gantry

#endif  // GANTRY_COMMON_METRICS_CALL_METRICS_H_
