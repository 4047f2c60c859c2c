#include "services/gateway/health/health_service.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

namespace gantry::gateway {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

class HealthServiceTest : public ::testing::Test {
 protected:
  HealthServiceTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = Health::NewStub(server_->InProcessChannel({}));
  }

  std::atomic<bool> up_{true};
  HealthService service_{{{"a.B", [this] { return up_.load(); }}}};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Health::Stub> stub_;
};

TEST_F(HealthServiceTest, CheckTellsWhatTheProbeTells) {
  for (const bool up : {true, false}) {
    up_ = up;
    grpc::ClientContext context;
    HealthCheckRequest request;
    request.set_service("a.B");
    HealthCheckResponse response;
    ASSERT_TRUE(stub_->Check(&context, request, &response).ok());
    EXPECT_EQ(response.status(), up ? HealthCheckResponse::SERVING
                                    : HealthCheckResponse::NOT_SERVING);
  }
}

TEST_F(HealthServiceTest, UnknownServiceIsNotFound) {
  grpc::ClientContext context;
  HealthCheckRequest request;
  request.set_service("no.Such");
  HealthCheckResponse response;
  EXPECT_EQ(stub_->Check(&context, request, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(HealthServiceTest, WatchTellsChanges) {
  grpc::ClientContext context;
  HealthCheckRequest request;
  request.set_service("a.B");
  const auto reader = stub_->Watch(&context, request);
  HealthCheckResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  up_ = false;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  context.TryCancel();
  reader->Finish();
}

}  // namespace
}  // namespace gantry::gateway
