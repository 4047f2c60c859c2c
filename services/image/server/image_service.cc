#include "services/image/server/image_service.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/grpc/grpc_status.h"
#include "common/log/log.h"
#include "common/oci/manifest.h"
#include "common/oci/reference.h"
#include "common/status/status_macros.h"
#include "services/image/metadata/image_recorder.h"
#include "services/image/server/load_stream.h"
#include "services/image/server/page_token.h"
#include "services/image/server/proto_convert.h"
#include "services/image/server/pull_stream.h"
#include "services/image/transfer/archive_importer.h"

namespace gantry::image {
namespace {

constexpr int kDefaultPageSize = 100;
constexpr int kMaxPageSize = 1000;

absl::Status List(ImageStore& store, const v1::ListImagesRequest& request,
                  v1::ListImagesResponse& response) {
  if (request.page_size() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("the page size ", request.page_size(), " is negative"));
  }
  const int page_size = request.page_size() == 0
                            ? kDefaultPageSize
                            : std::min(request.page_size(), kMaxPageSize);
  GANTRY_ASSIGN_OR_RETURN(
      const std::string start_after,
      ReadPageToken(request.page_token(), request.reference()));
  // One more tells whether there is a next page.
  GANTRY_ASSIGN_OR_RETURN(
      std::vector<Image> images,
      store.ListImages(request.reference(), start_after, page_size + 1));
  const bool more = static_cast<int>(images.size()) > page_size;
  if (more) images.resize(static_cast<size_t>(page_size));
  for (const Image& image : images) *response.add_images() = ToProto(image);
  if (more) {
    response.set_next_page_token(
        MakePageToken(images.back().id.hex(), request.reference()));
  }
  return absl::OkStatus();
}

absl::Status Get(ImageStore& store, BlobStore& blobs,
                 const v1::GetImageRequest& request,
                 v1::GetImageResponse& response) {
  GANTRY_ASSIGN_OR_RETURN(const Image image, store.FindImage(request.image()));
  GANTRY_ASSIGN_OR_RETURN(*response.mutable_config_json(),
                          ReadConfig(blobs, image.id));
  *response.mutable_image() = ToProto(image);
  return absl::OkStatus();
}

absl::Status Remove(ImageStore& store, GarbageCollector& collector,
                    const v1::RemoveImageRequest& request,
                    v1::RemoveImageResponse& response) {
  GANTRY_ASSIGN_OR_RETURN(const RemovedImage removed,
                          store.RemoveImage(request.image(), request.force()));
  for (const std::string& name : removed.untagged_names) {
    response.add_untagged_names(name);
  }
  if (!removed.deleted_id.has_value()) return absl::OkStatus();
  response.add_deleted_digests(removed.deleted_id->ToString());
  const absl::StatusOr<Collected> collected = collector.Collect();
  if (!collected.ok()) {
    // The image is gone; what it leaves behind goes with the next collection.
    LogWarning("garbage collection failed",
               {{"error", collected.status().ToString()}});
    return absl::OkStatus();
  }
  for (const oci::Digest& diff_id : collected->layers) {
    response.add_deleted_digests(diff_id.ToString());
  }
  return absl::OkStatus();
}

void CollectGarbage(GarbageCollector& collector) {
  const absl::StatusOr<Collected> collected = collector.Collect();
  if (!collected.ok()) {
    LogWarning("garbage collection failed",
               {{"error", collected.status().ToString()}});
  }
}

}  // namespace

grpc::Status ImageService::ListImages(grpc::ServerContext* /*context*/,
                                      const v1::ListImagesRequest* request,
                                      v1::ListImagesResponse* response) {
  return ToGrpcStatus(List(images_, *request, *response));
}

grpc::Status ImageService::GetImage(grpc::ServerContext* /*context*/,
                                    const v1::GetImageRequest* request,
                                    v1::GetImageResponse* response) {
  return ToGrpcStatus(Get(images_, blobs_, *request, *response));
}

grpc::Status ImageService::RemoveImage(grpc::ServerContext* /*context*/,
                                       const v1::RemoveImageRequest* request,
                                       v1::RemoveImageResponse* response) {
  return ToGrpcStatus(Remove(images_, collector_, *request, *response));
}

grpc::Status ImageService::LoadImages(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<v1::LoadImagesResponse, v1::LoadImagesRequest>*
        stream) {
  LoadStream load(*context, *stream);
  absl::Status status;
  {
    const std::unique_ptr<ImportGuard> guard = collector_.BeginImport();
    ArchiveImporter importer(blobs_, layers_, sink_, *guard);
    status = importer.Import(
        load, [&](const ImportedImage& image) { load.SendLoadedImage(image); });
  }
  // What an image before had under these names, and what failed.
  CollectGarbage(collector_);
  return ToGrpcStatus(status);
}

absl::Status ImageService::Pull(const v1::PullImageRequest& request,
                                PullStream& stream) {
  GANTRY_ASSIGN_OR_RETURN(const oci::Reference name,
                          oci::Reference::Parse(request.image()));
  std::optional<oci::Platform> platform;
  if (request.has_platform()) platform = FromProto(request.platform());
  const auto is_cancelled = [&stream] { return stream.IsCancelled(); };
  const std::unique_ptr<Registry> registry =
      registries_.Connect(name, FromProto(request.credentials()), is_cancelled);
  const std::unique_ptr<ImportGuard> guard = collector_.BeginImport();
  ImagePuller puller(*registry, blobs_, layers_, images_, sink_, *guard,
                     is_cancelled, pull_options_);
  GANTRY_ASSIGN_OR_RETURN(const PulledImage pulled,
                          puller.Pull(name, platform, stream));
  stream.SendPulledImage(pulled);
  LogInfo("image pulled", {{"image", pulled.name},
                           {"id", pulled.id.ToString()},
                           {"digest", pulled.digest.ToString()}});
  return absl::OkStatus();
}

grpc::Status ImageService::PullImage(
    grpc::ServerContext* context, const v1::PullImageRequest* request,
    grpc::ServerWriter<v1::PullImageResponse>* writer) {
  PullStream stream(*context, *writer);
  const absl::Status status = Pull(*request, stream);
  // What the image had before under another manifest.
  if (status.ok()) CollectGarbage(collector_);
  return ToGrpcStatus(status);
}

}  // namespace gantry::image
