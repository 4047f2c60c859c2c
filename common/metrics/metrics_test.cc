#include "common/metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/metrics/call_metrics.h"
#include "gantry/types/v1/metrics_service.pb.h"

namespace gantry {
namespace {

using ::testing::HasSubstr;

TEST(MetricsTest, ProcessAndGaugesAreInTheText) {
  Metrics metrics;
  metrics.AddGauge("gantry_things", "Things.", [] { return 3.0; },
                   {{"state", "new"}});
  metrics.AddGauge("gantry_things", "Things.", [] { return 4.0; },
                   {{"state", "old"}});
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("process_resident_memory_bytes "));
  EXPECT_THAT(text, HasSubstr("# TYPE process_cpu_seconds_total counter"));
  EXPECT_THAT(text, HasSubstr("gantry_things{state=\"new\"} 3"));
  EXPECT_THAT(text, HasSubstr("gantry_things{state=\"old\"} 4"));
  EXPECT_EQ(text.find("# TYPE gantry_things"),
            text.rfind("# TYPE gantry_things"));
}

TEST(CallMetricsTest, EveryMethodStartsAtZero) {
  Metrics metrics;
  // Names the type so that its descriptor is linked.
  const types::v1::GetMetricsRequest request;
  CallMetrics calls(metrics,
                    {request.GetDescriptor()->file()->service(0)->full_name()});
  const std::string labels =
      "{grpc_method=\"GetMetrics\",grpc_service=\"gantry.types.v1."
      "MetricsService\","
      "grpc_type=\"unary\"}";
  EXPECT_THAT(metrics.Text(),
              HasSubstr("grpc_server_started_total" + labels + " 0"));
  calls.Started("/gantry.types.v1.MetricsService/GetMetrics");
  calls.Started("/gantry.types.v1.MetricsService/NoSuch");
  calls.Handled("/gantry.types.v1.MetricsService/GetMetrics",
                absl::StatusCode::kNotFound, absl::Milliseconds(3));
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("grpc_server_started_total" + labels + " 1"));
  EXPECT_THAT(text, HasSubstr("grpc_code=\"NotFound\""));
  EXPECT_THAT(text,
              HasSubstr("grpc_server_handling_seconds_count" + labels + " 1"));
}

}  // namespace
}  // namespace gantry
