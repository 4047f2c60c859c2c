#include "common/grpc/service_server.h"

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/fs/temp_dir.h"
#include "common/grpc/channel.h"
#include "common/grpc/grpc_status.h"
#include "common/metrics/metrics_service.h"
#include "common/testing/status_matchers.h"

namespace gantry {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;
using ::testing::HasSubstr;

class ServiceServerTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<ServiceServer>> Start(
      std::vector<uid_t> uids = {}) {
    return ServiceServer::Start({socket_, 0600, {&service_}, uids}, &calls_);
  }

  absl::StatusOr<std::string> GetMetrics() {
    const auto stub = types::v1::MetricsService::NewStub(UnixChannel(socket_));
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(5)));
    types::v1::GetMetricsResponse response;
    const grpc::Status status = stub->GetMetrics(&context, {}, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    return response.text();
  }

  const TempDir dir_ = TempDir::Create("/tmp").value();
  const std::string socket_ = dir_.path() + "/s.sock";
  Metrics metrics_;
  CallMetrics calls_{metrics_, {"gantry.types.v1.MetricsService"}};
  MetricsService service_{metrics_};
};

TEST_F(ServiceServerTest, CallsAreAnsweredAndCounted) {
  const auto server = Start();
  ASSERT_THAT(server, IsOk());
  EXPECT_THAT(GetMetrics(), IsOk());
  EXPECT_THAT(
      GetMetrics().value(),
      HasSubstr("grpc_server_started_total{grpc_method=\"GetMetrics\",grpc_"
                "service=\"gantry.types.v1.MetricsService\",grpc_type="
                "\"unary\"} 2"));
  struct stat info;
  ASSERT_EQ(::stat(socket_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
}

TEST_F(ServiceServerTest, OtherUsersAreTurnedAway) {
  const auto server = Start({54321});
  ASSERT_THAT(server, IsOk());
  EXPECT_THAT(GetMetrics(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(ServiceServerTest, SecondServerOnTheSocketIsRefused) {
  const auto server = Start();
  ASSERT_THAT(server, IsOk());
  EXPECT_THAT(Start(), StatusIs(absl::StatusCode::kAlreadyExists));
  (*server)->Shutdown(absl::ZeroDuration());
  EXPECT_THAT(Start(), IsOk());
}

}  // namespace
}  // namespace gantry
