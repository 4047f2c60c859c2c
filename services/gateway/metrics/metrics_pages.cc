#include "services/gateway/metrics/metrics_pages.h"

#include <grpcpp/client_context.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/grpc/grpc_status.h"
#include "gantry/types/v1/metrics_service.grpc.pb.h"

namespace gantry::gateway {

absl::StatusOr<std::string> MetricsPages::Get(absl::string_view path) {
  if (path == "/metrics") return own_.Text();
  absl::string_view name = path;
  const auto backend = absl::ConsumePrefix(&name, "/metrics/")
                           ? backends_.find(std::string(name))
                           : backends_.end();
  if (backend == backends_.end()) {
    return absl::NotFoundError(
        "there is no such page; there are /metrics, /metrics/image and "
        "/metrics/runtime");
  }
  const auto stub = types::v1::MetricsService::NewStub(backend->second);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(5)));
  types::v1::GetMetricsResponse response;
  const grpc::Status status = stub->GetMetrics(&context, {}, &response);
  if (!status.ok()) return FromGrpcStatus(status);
  return response.text();
}

}  // namespace gantry::gateway
