// StoreService serves gantry.image.v1.StoreService.
//
// Threads: as gRPC calls it, by many at once.

#ifndef GANTRY_SERVICES_IMAGE_SERVER_STORE_SERVICE_H_
#define GANTRY_SERVICES_IMAGE_SERVER_STORE_SERVICE_H_

#include <string>
#include <utility>

#include "gantry/image/v1/store_service.grpc.pb.h"
#include "services/image/content/blob_store.h"
#include "services/image/layer/layer_store.h"
#include "services/image/metadata/image_store.h"

namespace gantry::image {

class StoreService : public v1::StoreService::Service {
 public:
  // All must outlive this object. `state_dir` is only told to clients.
  StoreService(BlobStore& blobs, LayerStore& layers, ImageStore& images,
               std::string state_dir)
      : blobs_(blobs),
        layers_(layers),
        images_(images),
        state_dir_(std::move(state_dir)) {}

  grpc::Status GetStoreInfo(grpc::ServerContext* context,
                            const v1::GetStoreInfoRequest* request,
                            v1::GetStoreInfoResponse* response) override;

 private:
  BlobStore& blobs_;
  LayerStore& layers_;
  ImageStore& images_;
  const std::string state_dir_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_SERVER_STORE_SERVICE_H_
