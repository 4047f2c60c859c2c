// SnapshotService serves gantry.image.v1.SnapshotService.
//
// Threads: as gRPC calls it, by many at once.

#ifndef GANTRY_SERVICES_IMAGE_SERVER_SNAPSHOT_SERVICE_H_
#define GANTRY_SERVICES_IMAGE_SERVER_SNAPSHOT_SERVICE_H_

#include "gantry/image/v1/snapshot_service.grpc.pb.h"
#include "services/image/content/blob_store.h"
#include "services/image/gc/garbage_collector.h"
#include "services/image/snapshot/snapshotter.h"

namespace gantry::image {

class SnapshotService : public v1::SnapshotService::Service {
 public:
  // All must outlive this object.
  SnapshotService(Snapshotter& snapshotter, BlobStore& blobs,
                  GarbageCollector& collector)
      : snapshotter_(snapshotter), blobs_(blobs), collector_(collector) {}

  grpc::Status PrepareSnapshot(grpc::ServerContext* context,
                               const v1::PrepareSnapshotRequest* request,
                               v1::PrepareSnapshotResponse* response) override;
  grpc::Status RemoveSnapshot(grpc::ServerContext* context,
                              const v1::RemoveSnapshotRequest* request,
                              v1::RemoveSnapshotResponse* response) override;
  grpc::Status SyncSnapshots(grpc::ServerContext* context,
                             const v1::SyncSnapshotsRequest* request,
                             v1::SyncSnapshotsResponse* response) override;

 private:
  // Images went with their last snapshot: their blobs and layers follow. The
  // call has succeeded by then; a failure is logged and made up for later.
  void Collect();

  Snapshotter& snapshotter_;
  BlobStore& blobs_;
  GarbageCollector& collector_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_SERVER_SNAPSHOT_SERVICE_H_
