#include "services/image/server/snapshot_service.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/grpc/grpc_status.h"
#include "common/log/log.h"
#include "common/status/status_macros.h"
#include "services/image/metadata/image_recorder.h"
#include "services/image/server/proto_convert.h"

namespace gantry::image {
namespace {

absl::Status Prepare(Snapshotter& snapshotter, BlobStore& blobs,
                     const v1::PrepareSnapshotRequest& request,
                     v1::PrepareSnapshotResponse& response) {
  GANTRY_ASSIGN_OR_RETURN(
      const Image image,
      snapshotter.Prepare(request.key(), request.image(), request.owner(),
                          request.generation()));
  GANTRY_ASSIGN_OR_RETURN(*response.mutable_config_json(),
                          ReadConfig(blobs, image.id));
  *response.mutable_image() = ToProto(image);
  return absl::OkStatus();
}

}  // namespace

void SnapshotService::Collect() {
  const auto collected = collector_.Collect();
  if (!collected.ok()) {
    LogWarning("garbage collection failed",
               {{"error", collected.status().ToString()}});
  }
}

grpc::Status SnapshotService::PrepareSnapshot(
    grpc::ServerContext* /*context*/, const v1::PrepareSnapshotRequest* request,
    v1::PrepareSnapshotResponse* response) {
  return ToGrpcStatus(Prepare(snapshotter_, blobs_, *request, *response));
}

grpc::Status SnapshotService::RemoveSnapshot(
    grpc::ServerContext* /*context*/, const v1::RemoveSnapshotRequest* request,
    v1::RemoveSnapshotResponse* /*response*/) {
  const auto removed = snapshotter_.Remove(request->key());
  if (removed.ok() && removed->deleted_image_id.has_value()) Collect();
  return ToGrpcStatus(removed.status());
}

grpc::Status SnapshotService::SyncSnapshots(
    grpc::ServerContext* /*context*/, const v1::SyncSnapshotsRequest* request,
    v1::SyncSnapshotsResponse* response) {
  const std::vector<std::string> keys(request->keys().begin(),
                                      request->keys().end());
  const auto result =
      snapshotter_.Sync(request->owner_prefix(), request->generation(), keys);
  if (!result.ok()) return ToGrpcStatus(result.status());
  if (result->images_deleted) Collect();
  response->set_removed_count(result->removed_count);
  return grpc::Status::OK;
}

}  // namespace gantry::image
