#include "services/image/client/grpc_image_client.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/grpc/channel.h"
#include "common/grpc/grpc_status.h"
#include "common/grpc/request_context.h"
#include "gantry/image/v1/image_service.grpc.pb.h"
#include "gantry/image/v1/snapshot_service.grpc.pb.h"
#include "services/image/client/mount_client.h"

namespace gantry::image {
namespace {

// Removing a large snapshot may take a while; nothing else does.
constexpr std::chrono::seconds kDeadline(60);

// What a restart of the service takes at most.
constexpr std::chrono::seconds kRestart(3);

// One unary call: `method` is a member of the stub.
template <typename Response, typename Stub, typename Request, typename Method>
absl::StatusOr<Response> Call(Stub& stub, Method method,
                              const Request& request) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  PassRequestId(context);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return FromGrpcStatus(status);
  return response;
}

}  // namespace

struct GrpcImageClient::Stubs {
  explicit Stubs(const std::string& directory)
      : image_channel(UnixChannel(absl::StrCat(directory, "/image.sock"))),
        internal_channel(
            UnixChannel(absl::StrCat(directory, "/image-internal.sock"))),
        images(v1::ImageService::NewStub(image_channel)),
        snapshots(v1::SnapshotService::NewStub(internal_channel)),
        mounts(absl::StrCat(directory, "/image-mounts.sock")) {}

  // A service that was just started or started again is waited for, so that
  // its restart fails no call.
  v1::ImageService::Stub& Images() const {
    image_channel->WaitForConnected(std::chrono::system_clock::now() +
                                    kRestart);
    return *images;
  }
  v1::SnapshotService::Stub& Snapshots() const {
    internal_channel->WaitForConnected(std::chrono::system_clock::now() +
                                       kRestart);
    return *snapshots;
  }

  const std::shared_ptr<grpc::Channel> image_channel;
  const std::shared_ptr<grpc::Channel> internal_channel;
  const std::unique_ptr<v1::ImageService::Stub> images;
  const std::unique_ptr<v1::SnapshotService::Stub> snapshots;
  MountClient mounts;
};

GrpcImageClient::GrpcImageClient(const std::string& socket_directory)
    : stubs_(std::make_unique<Stubs>(socket_directory)) {}

GrpcImageClient::~GrpcImageClient() = default;

absl::StatusOr<v1::GetImageResponse> GrpcImageClient::GetImage(
    const std::string& image) {
  v1::GetImageRequest request;
  request.set_image(image);
  return Call<v1::GetImageResponse>(stubs_->Images(),
                                    &v1::ImageService::Stub::GetImage, request);
}

absl::StatusOr<v1::ListImagesResponse> GrpcImageClient::ListImages(
    const v1::ListImagesRequest& request) {
  return Call<v1::ListImagesResponse>(
      stubs_->Images(), &v1::ImageService::Stub::ListImages, request);
}

absl::StatusOr<std::string> GrpcImageClient::PullImage(
    const v1::PullImageRequest& request) {
  grpc::ClientContext context;
  PassRequestId(context);
  const auto reader = stubs_->Images().PullImage(&context, request);
  v1::PullImageResponse response;
  std::string id;
  while (reader->Read(&response)) {
    if (response.has_pulled_image()) id = response.pulled_image().id();
  }
  const grpc::Status status = reader->Finish();
  if (!status.ok()) return FromGrpcStatus(status);
  return id;
}

absl::StatusOr<v1::PrepareSnapshotResponse> GrpcImageClient::PrepareSnapshot(
    const v1::PrepareSnapshotRequest& request) {
  return Call<v1::PrepareSnapshotResponse>(
      stubs_->Snapshots(), &v1::SnapshotService::Stub::PrepareSnapshot,
      request);
}

absl::Status GrpcImageClient::RemoveSnapshot(const std::string& key) {
  v1::RemoveSnapshotRequest request;
  request.set_key(key);
  return Call<v1::RemoveSnapshotResponse>(
             stubs_->Snapshots(), &v1::SnapshotService::Stub::RemoveSnapshot,
             request)
      .status();
}

absl::StatusOr<int> GrpcImageClient::SyncSnapshots(
    const std::string& owner_prefix, int64_t generation,
    const std::vector<std::string>& keys) {
  v1::SyncSnapshotsRequest request;
  request.set_owner_prefix(owner_prefix);
  request.set_generation(generation);
  for (const std::string& key : keys) request.add_keys(key);
  const absl::StatusOr<v1::SyncSnapshotsResponse> response =
      Call<v1::SyncSnapshotsResponse>(stubs_->Snapshots(),
                                      &v1::SnapshotService::Stub::SyncSnapshots,
                                      request);
  if (!response.ok()) return response.status();
  return response->removed_count();
}

absl::StatusOr<UniqueFd> GrpcImageClient::MountSnapshot(
    const std::string& key) {
  return stubs_->mounts.Mount(key);
}

}  // namespace gantry::image
