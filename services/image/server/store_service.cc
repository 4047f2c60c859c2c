#include "services/image/server/store_service.h"

#include <vector>

#include "absl/status/status.h"
#include "common/grpc/grpc_status.h"
#include "common/status/status_macros.h"
#include "common/version/version.h"

namespace gantry::image {
namespace {

absl::Status Describe(BlobStore& blob_store, LayerStore& layer_store,
                      ImageStore& images, v1::GetStoreInfoResponse& response) {
  GANTRY_ASSIGN_OR_RETURN(const std::vector<BlobInfo> blobs, blob_store.List());
  GANTRY_ASSIGN_OR_RETURN(const std::vector<LayerInfo> layers,
                          layer_store.List());
  GANTRY_ASSIGN_OR_RETURN(const int64_t image_count, images.CountImages());
  GANTRY_ASSIGN_OR_RETURN(const int64_t snapshot_count,
                          images.CountSnapshots());
  int64_t blob_bytes = 0;
  for (const BlobInfo& blob : blobs) blob_bytes += blob.size_bytes;
  int64_t layer_bytes = 0;
  for (const LayerInfo& layer : layers) layer_bytes += layer.size_bytes;
  response.set_image_count(image_count);
  response.set_blob_count(static_cast<int64_t>(blobs.size()));
  response.set_blob_size_bytes(blob_bytes);
  response.set_layer_count(static_cast<int64_t>(layers.size()));
  response.set_layer_size_bytes(layer_bytes);
  response.set_snapshot_count(snapshot_count);
  return absl::OkStatus();
}

}  // namespace

grpc::Status StoreService::GetStoreInfo(
    grpc::ServerContext* /*context*/,
    const v1::GetStoreInfoRequest* /*request*/,
    v1::GetStoreInfoResponse* response) {
  response->set_layer_format("tree");
  response->set_snapshotter("overlay");
  response->set_state_dir(state_dir_);
  response->set_version(kVersion);
  return ToGrpcStatus(Describe(blobs_, layers_, images_, *response));
}

}  // namespace gantry::image
