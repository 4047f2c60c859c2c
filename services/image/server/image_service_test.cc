#include "services/image/server/image_service.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/grpc/grpc_status.h"
#include "common/kv/fake_kv_store.h"
#include "common/oci/digest.h"
#include "common/status/error.h"
#include "common/testing/status_matchers.h"
#include "gantry/image/v1/image_service.grpc.pb.h"
#include "services/image/content/fake_blob_store.h"
#include "services/image/gc/garbage_collector.h"
#include "services/image/layer/layer_store.h"
#include "services/image/metadata/image_recorder.h"
#include "services/image/metadata/image_store.h"
#include "services/image/metadata/kv_image_store.h"
#include "services/image/registry/fake_registry.h"
#include "services/image/registry/registry.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;
using ::testing::ElementsAre;

// No layers at all.
class EmptyLayerStore : public LayerStore {
 public:
  absl::StatusOr<LayerInfo> Unpack(ByteSource& /*tar*/,
                                   const oci::Digest& /*diff_id*/,
                                   const LayerLimits& /*limits*/) override {
    return absl::ResourceExhaustedError("the disk is full");
  }
  absl::StatusOr<LayerInfo> Stat(const oci::Digest& /*diff_id*/) override {
    return absl::NotFoundError("no such layer");
  }
  absl::StatusOr<std::string> Path(const oci::Digest& /*diff_id*/) override {
    return absl::NotFoundError("no such layer");
  }
  absl::Status Remove(const oci::Digest& /*diff_id*/) override {
    return absl::NotFoundError("no such layer");
  }
  absl::StatusOr<std::vector<LayerInfo>> List() override {
    return std::vector<LayerInfo>();
  }
};

// One registry for every image; it remembers who asks.
class FakeConnector : public RegistryConnector {
 public:
  std::unique_ptr<Registry> Connect(
      const oci::Reference& /*image*/, const Credentials& credentials,
      std::function<bool()> /*is_cancelled*/) override {
    username = credentials.username;
    return std::make_unique<Connection>(registry);
  }

  FakeRegistry registry;
  std::string username;

 private:
  class Connection : public Registry {
   public:
    explicit Connection(Registry& registry) : registry_(registry) {}
    absl::StatusOr<RemoteDocument> GetManifest(
        const std::string& reference) override {
      return registry_.GetManifest(reference);
    }
    absl::Status GetBlob(const oci::Descriptor& blob,
                         BlobReceiver& receiver) override {
      return registry_.GetBlob(blob, receiver);
    }

   private:
    Registry& registry_;
  };
};

// Talks to the service through a real channel, without a socket.
class ImageServiceTest : public ::testing::Test {
 protected:
  // The image's id.
  std::string PutImage(const std::string& name) {
    Image image;
    image.id = blobs_.Put(absl::StrCat("{\"name\":\"", name, "\"}"));
    image.manifest_digest = blobs_.Put(name + " manifest");
    image.names = {absl::StrCat("docker.io/library/", name, ":latest")};
    image.created_at = absl::FromUnixNanos(1'500'000'000);
    EXPECT_THAT(images_.PutImage(image, {}, {}), IsOk());
    return image.id.ToString();
  }

  grpc::Status List(int page_size, const std::string& token,
                    v1::ListImagesResponse* response) {
    grpc::ClientContext context;
    v1::ListImagesRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    return stub_->ListImages(&context, request, response);
  }

  grpc::Status Remove(const std::string& image,
                      v1::RemoveImageResponse* response) {
    grpc::ClientContext context;
    v1::RemoveImageRequest request;
    request.set_image(image);
    return stub_->RemoveImage(&context, request, response);
  }

  FakeKvStore kv_;
  FakeBlobStore blobs_;
  EmptyLayerStore layers_;
  KvImageStore images_{kv_};
  ImageRecorder recorder_{blobs_, layers_, images_};
  GarbageCollector collector_{blobs_, layers_, images_};
  FakeConnector registries_;
  ImageService service_{blobs_,     layers_,     images_, recorder_,
                        collector_, registries_, {}};
  const std::unique_ptr<grpc::Server> server_ =
      grpc::ServerBuilder().RegisterService(&service_).BuildAndStart();
  const std::unique_ptr<v1::ImageService::Stub> stub_ =
      v1::ImageService::NewStub(server_->InProcessChannel({}));
};

TEST_F(ImageServiceTest, PagesListEachImageOnce) {
  std::set<std::string> expected;
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    expected.insert(PutImage(name));
  }
  std::vector<std::string> listed;
  std::string token;
  int pages = 0;
  do {
    v1::ListImagesResponse response;
    ASSERT_TRUE(List(2, token, &response).ok());
    for (const v1::Image& image : response.images()) {
      listed.push_back(image.id());
    }
    token = response.next_page_token();
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(listed, std::vector<std::string>(expected.begin(), expected.end()));
}

TEST_F(ImageServiceTest, ABadPageIsRefused) {
  v1::ListImagesResponse response;
  EXPECT_EQ(List(-1, "", &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(List(1, "made-up", &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ImageServiceTest, GetReturnsTheConfigurationByteForByte) {
  const std::string id = PutImage("a");
  grpc::ClientContext context;
  v1::GetImageRequest request;
  request.set_image("a");
  v1::GetImageResponse response;
  ASSERT_TRUE(stub_->GetImage(&context, request, &response).ok());
  EXPECT_EQ(response.image().id(), id);
  EXPECT_EQ(response.config_json(), "{\"name\":\"a\"}");
  EXPECT_EQ(response.image().created_at().seconds(), 1);
  EXPECT_EQ(response.image().created_at().nanos(), 500'000'000);
}

TEST_F(ImageServiceTest, RemoveTakesTheBlobsToo) {
  const std::string id = PutImage("a");
  v1::RemoveImageResponse response;
  ASSERT_TRUE(Remove("a", &response).ok());
  EXPECT_THAT(response.untagged_names(),
              ElementsAre("docker.io/library/a:latest"));
  EXPECT_THAT(response.deleted_digests(), ElementsAre(id));
  EXPECT_TRUE(blobs_.List()->empty());
}

TEST_F(ImageServiceTest, AnUnknownImageHasItsReason) {
  v1::RemoveImageResponse response;
  const absl::Status status = FromGrpcStatus(Remove("absent", &response));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(status)->reason, "IMAGE_NOT_FOUND");
}

TEST_F(ImageServiceTest, WhatIsNoArchiveLeavesNothing) {
  grpc::ClientContext context;
  const auto stream = stub_->LoadImages(&context);
  v1::LoadImagesRequest request;
  request.set_chunk("this is no archive");
  stream->Write(request);
  stream->WritesDone();
  v1::LoadImagesResponse response;
  while (stream->Read(&response)) {
    EXPECT_FALSE(response.has_loaded_image());
  }
  EXPECT_FALSE(stream->Finish().ok());
  EXPECT_TRUE(blobs_.List()->empty());
}

TEST_F(ImageServiceTest, APulledImageHasItsNameAndItsRepoDigest) {
  // An image without layers: the store of this test has none.
  const std::string config =
      R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers"}})";
  registries_.registry.PutBlob(config);
  const std::string digest =
      registries_.registry
          .PutManifest("1", absl::StrCat(R"({"schemaVersion":2,"config":)",
                                         FakeRegistry::Descriptor("", config),
                                         R"(,"layers":[]})"))
          .ToString();

  grpc::ClientContext context;
  v1::PullImageRequest request;
  request.set_image("r.example/a:1");
  request.mutable_credentials()->set_username("ann");
  const auto reader = stub_->PullImage(&context, request);
  std::vector<v1::PullImageResponse> events(1);
  while (reader->Read(&events.back())) events.emplace_back();
  ASSERT_TRUE(reader->Finish().ok());
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].resolved().name(), "r.example/a:1");
  EXPECT_EQ(events[0].resolved().digest(), digest);
  EXPECT_EQ(events[1].pulled_image().id(), oci::Digest::Of(config).ToString());
  EXPECT_FALSE(events[1].pulled_image().up_to_date());
  EXPECT_EQ(registries_.username, "ann");

  grpc::ClientContext get_context;
  v1::GetImageRequest get;
  get.set_image("r.example/a@" + digest);
  v1::GetImageResponse image;
  ASSERT_TRUE(stub_->GetImage(&get_context, get, &image).ok());
  EXPECT_THAT(image.image().names(), ElementsAre("r.example/a:1"));
  EXPECT_THAT(image.image().repo_digests(),
              ElementsAre("r.example/a@" + digest));
}

TEST_F(ImageServiceTest, AMalformedNameIsNotPulled) {
  grpc::ClientContext context;
  v1::PullImageRequest request;
  request.set_image("Upper/Case");
  const auto reader = stub_->PullImage(&context, request);
  v1::PullImageResponse event;
  EXPECT_FALSE(reader->Read(&event));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace gantry::image
