#include "services/runtime/server/container_service.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "common/fs/temp_dir.h"
#include "common/grpc/grpc_status.h"
#include "common/kv/fake_kv_store.h"
#include "common/status/error.h"
#include "common/testing/status_matchers.h"
#include "services/image/client/fake_image_client.h"
#include "services/runtime/container/fake_rootfs_source.h"
#include "services/runtime/container/kv_container_store.h"
#include "services/runtime/server/node_service.h"
#include "services/runtime/shim/fake_shim_host.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::StatusIs;

class ContainerServiceTest : public ::testing::Test {
 protected:
  ContainerServiceTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    builder.RegisterService(&node_);
    server_ = builder.BuildAndStart();
    stub_ = v1::ContainerService::NewStub(server_->InProcessChannel({}));
  }

  LifecycleOptions Options() {
    LifecycleOptions options;
    options.state_dir = dir_.path() + "/state";
    options.bundles_dir = dir_.path() + "/bundles";
    options.runtimes = {{"crun", "/usr/bin/crun"}};
    options.default_runtime = "crun";
    options.cgroup_version = 1;
    return options;
  }

  const TempDir dir_ = TempDir::Create().value();
  FakeKvStore kv_;
  KvContainerStore store_{kv_};
  FakeRootfsSource rootfs_;
  FakeShimHost shims_;
  ContainerLifecycle lifecycle_{Options(), store_, rootfs_, shims_};
  image::FakeImageClient images_;
  ImagePuller puller_{images_};
  ContainerService service_{lifecycle_, puller_};
  NodeService node_{lifecycle_, {{"crun"}, "crun", "/state"}};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::ContainerService::Stub> stub_;
};

TEST_F(ContainerServiceTest, UnknownContainerIsNotFoundWithItsReason) {
  grpc::ClientContext context;
  v1::GetContainerRequest request;
  request.set_container("nosuch");
  v1::GetContainerResponse response;
  const absl::Status status =
      FromGrpcStatus(stub_->GetContainer(&context, request, &response));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(ReasonOf(status)->reason, "CONTAINER_NOT_FOUND");
}

TEST_F(ContainerServiceTest, RequestWithoutAContainerIsInvalid) {
  grpc::ClientContext context;
  v1::StartContainerResponse response;
  EXPECT_EQ(stub_->StartContainer(&context, {}, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ContainerServiceTest, LongRequestsAreRefused) {
  for (const bool long_id : {true, false}) {
    grpc::ClientContext context;
    v1::CreateContainerRequest request;
    if (long_id) request.set_request_id(std::string(129, 'x'));
    request.mutable_spec()->add_env("A=" +
                                    std::string(long_id ? 1 : 2 << 20, 'x'));
    v1::CreateContainerResponse response;
    EXPECT_EQ(stub_->CreateContainer(&context, request, &response).error_code(),
              grpc::StatusCode::INVALID_ARGUMENT);
  }
}

TEST_F(ContainerServiceTest, NegativePageSizeIsRefused) {
  grpc::ClientContext context;
  v1::ListContainersRequest request;
  request.set_page_size(-1);
  v1::ListContainersResponse response;
  EXPECT_EQ(stub_->ListContainers(&context, request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ContainerServiceTest, AttachWithoutAnOpeningIsRefused) {
  grpc::ClientContext context;
  const auto stream = stub_->AttachContainer(&context);
  stream->WritesDone();
  v1::AttachContainerResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ContainerServiceTest, NodeIsDescribed) {
  const auto stub = v1::NodeService::NewStub(server_->InProcessChannel({}));
  grpc::ClientContext context;
  v1::GetNodeInfoResponse response;
  ASSERT_TRUE(stub->GetNodeInfo(&context, {}, &response).ok());
  EXPECT_EQ(response.default_runtime(), "crun");
  EXPECT_GT(response.cpu_count(), 0);
}

}  // namespace
}  // namespace gantry::runtime
