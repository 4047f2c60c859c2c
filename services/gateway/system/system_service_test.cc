#include "services/gateway/system/system_service.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "common/grpc/channel.h"

namespace gantry::gateway {
namespace {

class FakeStore : public image::v1::StoreService::Service {
 public:
  grpc::Status GetStoreInfo(
      grpc::ServerContext*, const image::v1::GetStoreInfoRequest*,
      image::v1::GetStoreInfoResponse* response) override {
    response->set_image_count(3);
    response->set_version("9.9");
    return grpc::Status::OK;
  }
};

TEST(SystemServiceTest, BackendThatIsAwayIsAWarning) {
  FakeStore store;
  grpc::ServerBuilder builder;
  builder.RegisterService(&store);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  SystemService service(server->InProcessChannel({}),
                        UnixChannel("/nonexistent/x.sock"));
  grpc::ServerBuilder front_builder;
  front_builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> front = front_builder.BuildAndStart();
  const auto stub = v1::SystemService::NewStub(front->InProcessChannel({}));
  grpc::ClientContext info_context;
  v1::GetInfoResponse info;
  ASSERT_TRUE(stub->GetInfo(&info_context, {}, &info).ok());
  EXPECT_EQ(info.store().image_count(), 3);
  EXPECT_FALSE(info.has_node());
  EXPECT_EQ(info.warnings_size(), 1);
  grpc::ClientContext version_context;
  v1::GetVersionResponse version;
  ASSERT_TRUE(stub->GetVersion(&version_context, {}, &version).ok());
  ASSERT_EQ(version.components_size(), 3);
  EXPECT_EQ(version.components(1).version(), "9.9");
  EXPECT_EQ(version.components(2).version(), "");
}

}  // namespace
}  // namespace gantry::gateway
