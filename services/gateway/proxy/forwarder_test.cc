#include "services/gateway/proxy/forwarder.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/time/clock.h"
#include "common/grpc/channel.h"
#include "common/grpc/grpc_status.h"
#include "common/grpc/request_context.h"
#include "common/status/error.h"
#include "common/testing/status_matchers.h"
#include "gantry/runtime/v1/container_service.grpc.pb.h"

namespace gantry::gateway {
namespace {

using ::gantry::testing::StatusIs;
namespace v1 = ::gantry::runtime::v1;

// A backend that tells what it was called with.
class Backend : public v1::ContainerService::Service {
 public:
  grpc::Status GetContainer(grpc::ServerContext* context,
                            const v1::GetContainerRequest* request,
                            v1::GetContainerResponse* response) override {
    if (request->container() == "missing") {
      return ToGrpcStatus(Error(absl::StatusCode::kNotFound,
                                "CONTAINER_NOT_FOUND", "no",
                                {{"container", "missing"}}));
    }
    response->mutable_container()->set_name(MetadataOf(*context, kIdentityKey));
    response->mutable_container()->set_error(MetadataOf(*context, "custom"));
    context->AddTrailingMetadata("trailer", "t");
    return grpc::Status::OK;
  }

  grpc::Status WaitContainer(grpc::ServerContext* context,
                             const v1::WaitContainerRequest*,
                             v1::WaitContainerResponse*) override {
    while (!context->IsCancelled()) absl::SleepFor(absl::Milliseconds(5));
    cancelled = true;
    return grpc::Status::CANCELLED;
  }

  // Sends as many chunks as the name's length, without waiting for a half
  // close.
  grpc::Status AttachContainer(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::AttachContainerResponse,
                               v1::AttachContainerRequest>* stream) override {
    v1::AttachContainerRequest request;
    if (!stream->Read(&request)) return grpc::Status::OK;
    v1::AttachContainerResponse response;
    response.mutable_output()->set_data(std::string(256 << 10, 'x'));
    for (size_t i = 0; i < request.open().container().size(); ++i)
      stream->Write(response);
    return grpc::Status::OK;
  }

  std::atomic<bool> cancelled{false};
};

class ForwarderTest : public ::testing::Test {
 protected:
  ForwarderTest() {
    grpc::ServerBuilder backend;
    backend.RegisterService(&backend_);
    backend_server_ = backend.BuildAndStart();
    routes_.Add("/gantry.runtime.", "runtime",
                backend_server_->InProcessChannel({}));
    grpc::ServerBuilder front;
    front.RegisterCallbackGenericService(&forwarder_);
    front_server_ = front.BuildAndStart();
    stub_ = v1::ContainerService::NewStub(front_server_->InProcessChannel({}));
  }

  ~ForwarderTest() override {
    front_server_->Shutdown(absl::ToChronoTime(absl::Now()));
    backend_server_->Shutdown(absl::ToChronoTime(absl::Now()));
  }

  const std::string service_ =
      v1::GetContainerRequest::descriptor()->file()->service(0)->full_name();
  Role role_ = Role::kAdmin;
  Metrics metrics_;
  CallMetrics calls_{metrics_, {service_}};
  MethodAccess access_{{service_}, {}};
  RouteTable routes_;
  Backend backend_;
  Forwarder forwarder_{[this](absl::string_view) {
                         return Identity{"uid 7", role_};
                       },
                       access_, routes_, calls_};
  std::unique_ptr<grpc::Server> backend_server_;
  std::unique_ptr<grpc::Server> front_server_;
  std::unique_ptr<v1::ContainerService::Stub> stub_;
};

TEST_F(ForwarderTest, UnaryCallPassesWithIdentityAndMetadata) {
  grpc::ClientContext context;
  context.AddMetadata("custom", "c");
  context.AddMetadata(kIdentityKey, "uid 0");
  v1::GetContainerResponse response;
  ASSERT_TRUE(stub_->GetContainer(&context, {}, &response).ok());
  EXPECT_EQ(response.container().name(), "uid 7");
  EXPECT_EQ(response.container().error(), "c");
  EXPECT_EQ(context.GetServerTrailingMetadata().count("trailer"), 1u);
  EXPECT_EQ(context.GetServerInitialMetadata().count(kRequestIdKey), 1u);
}

TEST_F(ForwarderTest, ErrorPassesWithItsReason) {
  grpc::ClientContext context;
  v1::GetContainerRequest request;
  request.set_container("missing");
  v1::GetContainerResponse response;
  const absl::Status status =
      FromGrpcStatus(stub_->GetContainer(&context, request, &response));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(ReasonOf(status)->reason, "CONTAINER_NOT_FOUND");
}

TEST_F(ForwarderTest, RoleIsAskedFor) {
  role_ = Role::kReader;
  grpc::ClientContext context;
  v1::StartContainerResponse response;
  EXPECT_EQ(stub_->StartContainer(&context, {}, &response).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(ForwarderTest, StreamEndsThoughTheClientKeepsItsSideOpen) {
  for (int round = 0; round < 20; ++round) {
    grpc::ClientContext context;
    const auto stream = stub_->AttachContainer(&context);
    v1::AttachContainerRequest request;
    request.mutable_open()->set_container(std::string(16, 'n'));
    ASSERT_TRUE(stream->Write(request));
    v1::AttachContainerResponse response;
    int count = 0;
    while (stream->Read(&response)) ++count;
    EXPECT_EQ(count, 16);
    EXPECT_TRUE(stream->Finish().ok());
  }
}

TEST_F(ForwarderTest, ClientThatLeavesCancelsTheBackend) {
  grpc::ClientContext context;
  std::thread leave([&] {
    absl::SleepFor(absl::Milliseconds(50));
    context.TryCancel();
  });
  v1::WaitContainerResponse response;
  EXPECT_FALSE(stub_->WaitContainer(&context, {}, &response).ok());
  leave.join();
  for (int i = 0; i < 1000 && !backend_.cancelled; ++i)
    absl::SleepFor(absl::Milliseconds(5));
  EXPECT_TRUE(backend_.cancelled);
}

TEST_F(ForwarderTest, DeadlinePasses) {
  grpc::ClientContext context;
  context.set_deadline(
      absl::ToChronoTime(absl::Now() + absl::Milliseconds(100)));
  v1::WaitContainerResponse response;
  EXPECT_EQ(stub_->WaitContainer(&context, {}, &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(ForwarderTest, BackendThatIsAwayIsNamed) {
  RouteTable away;
  away.Add("/gantry.runtime.", "runtime", UnixChannel("/nonexistent/x.sock"));
  Forwarder forwarder(
      [](absl::string_view) {
        return Identity{"uid 0", Role::kAdmin};
      },
      access_, away, calls_);
  grpc::ServerBuilder builder;
  builder.RegisterCallbackGenericService(&forwarder);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const auto stub = v1::ContainerService::NewStub(server->InProcessChannel({}));
  grpc::ClientContext context;
  v1::GetContainerResponse response;
  const absl::Status status =
      FromGrpcStatus(stub->GetContainer(&context, {}, &response));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(ReasonOf(status)->reason, "BACKEND_UNAVAILABLE");
  server->Shutdown(absl::ToChronoTime(absl::Now()));
}

}  // namespace
}  // namespace gantry::gateway
