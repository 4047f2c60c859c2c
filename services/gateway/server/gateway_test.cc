#include "services/gateway/server/gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "absl/time/clock.h"
#include "common/fs/temp_dir.h"
#include "common/fs/unique_fd.h"
#include "common/grpc/channel.h"
#include "common/grpc/grpc_status.h"
#include "common/status/error.h"
#include "common/testing/status_matchers.h"
#include "gantry/gateway/v1/system_service.grpc.pb.h"
#include "gantry/image/v1/image_service.grpc.pb.h"
#include "gantry/image/v1/snapshot_service.grpc.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"

namespace gantry::gateway {
namespace {

using ::gantry::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Without backends: what the gateway answers itself.
class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest()
      : dir_(*TempDir::Create("/tmp")),
        gateway_(*Gateway::Start(dir_.path(), {})) {}

  std::string Socket() const { return dir_.path() + "/gateway.sock"; }

  TempDir dir_;
  std::unique_ptr<Gateway> gateway_;
  std::shared_ptr<grpc::Channel> channel_ = UnixChannel(Socket());
};

TEST_F(GatewayTest, InfoNamesTheCallerAndTheBackendsThatAreAway) {
  grpc::ClientContext context;
  v1::GetInfoResponse response;
  const grpc::Status status =
      v1::SystemService::NewStub(channel_)->GetInfo(&context, {}, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.caller_role(), "admin");
  EXPECT_EQ(response.warnings_size(), 2);
  EXPECT_FALSE(response.has_store());
}

TEST_F(GatewayTest, BackendThatIsAwayIsUnavailable) {
  grpc::ClientContext context;
  image::v1::ListImagesResponse response;
  const absl::Status status =
      FromGrpcStatus(image::v1::ImageService::NewStub(channel_)->ListImages(
          &context, {}, &response));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
  ASSERT_TRUE(ReasonOf(status).has_value());
  EXPECT_EQ(ReasonOf(status)->reason, "BACKEND_UNAVAILABLE");
}

TEST_F(GatewayTest, InternalServiceIsRefused) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
  const auto& method = *image::v1::PrepareSnapshotRequest::descriptor()
                            ->file()
                            ->service(0)
                            ->method(0);
  const auto stub = image::v1::SnapshotService::NewStub(channel_);
  ASSERT_EQ(method.name(), "PrepareSnapshot");
  image::v1::PrepareSnapshotResponse response;
  EXPECT_EQ(stub->PrepareSnapshot(&context, {}, &response).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(GatewayTest, HealthOfTheGatewayAndOfItsBackends) {
  const auto stub = grpc::health::v1::Health::NewStub(channel_);
  grpc::health::v1::HealthCheckRequest request;
  grpc::health::v1::HealthCheckResponse response;
  grpc::ClientContext own;
  ASSERT_TRUE(stub->Check(&own, request, &response).ok());
  EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::SERVING);
  request.set_service("gantry.image.v1.ImageService");
  grpc::ClientContext backend;
  ASSERT_TRUE(stub->Check(&backend, request, &response).ok());
  EXPECT_EQ(response.status(),
            grpc::health::v1::HealthCheckResponse::NOT_SERVING);
}

TEST_F(GatewayTest, ReflectionListsServices) {
  grpc::ClientContext context;
  const auto stream = grpc::reflection::v1::ServerReflection::NewStub(channel_)
                          ->ServerReflectionInfo(&context);
  grpc::reflection::v1::ServerReflectionRequest request;
  request.set_list_services("*");
  ASSERT_TRUE(stream->Write(request));
  grpc::reflection::v1::ServerReflectionResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_THAT(response.DebugString(),
              HasSubstr("gantry.runtime.v1.ContainerService"));
  request.set_file_containing_symbol("gantry.image.v1.ImageService");
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_GT(response.file_descriptor_response().file_descriptor_proto_size(),
            1);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(GatewayTest, MetricsAreOnTheSameSocket) {
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  ASSERT_LT(Socket().size(), sizeof(address.sun_path));
  std::memcpy(address.sun_path, Socket().c_str(), Socket().size());
  ASSERT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address),
                      sizeof(address)),
            0);
  const std::string request = "GET /metrics HTTP/1.1\r\nHost: gantry\r\n\r\n";
  ASSERT_EQ(::write(fd.get(), request.data(), request.size()),
            static_cast<ssize_t>(request.size()));
  std::string answer;
  std::array<char, 4096> chunk;
  ssize_t count;
  while ((count = ::read(fd.get(), chunk.data(), chunk.size())) > 0)
    answer.append(chunk.data(), static_cast<size_t>(count));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("grpc_server_started_total"));
}

TEST_F(GatewayTest, SecondGatewayIsRefused) {
  EXPECT_THAT(Gateway::Start(dir_.path(), {}).status(),
              StatusIs(absl::StatusCode::kAlreadyExists));
}

}  // namespace
}  // namespace gantry::gateway
