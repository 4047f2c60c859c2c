// ImageService serves gantry.image.v1.ImageService.
//
// Threads: as gRPC calls it, by many at once.

#ifndef GANTRY_SERVICES_IMAGE_SERVER_IMAGE_SERVICE_H_
#define GANTRY_SERVICES_IMAGE_SERVER_IMAGE_SERVICE_H_

#include "gantry/image/v1/image_service.grpc.pb.h"
#include "services/image/content/blob_store.h"
#include "services/image/gc/garbage_collector.h"
#include "services/image/layer/layer_store.h"
#include "services/image/metadata/image_store.h"
#include "services/image/registry/registry.h"
#include "services/image/transfer/image_puller.h"
#include "services/image/transfer/image_sink.h"

namespace gantry::image {

class PullStream;

class ImageService : public v1::ImageService::Service {
 public:
  // All must outlive this object. `sink` records the images that come from
  // archives and registries.
  ImageService(BlobStore& blobs, LayerStore& layers, ImageStore& images,
               ImageSink& sink, GarbageCollector& collector,
               RegistryConnector& registries,
               const ImagePuller::Options& pull_options)
      : blobs_(blobs),
        layers_(layers),
        images_(images),
        sink_(sink),
        collector_(collector),
        registries_(registries),
        pull_options_(pull_options) {}

  grpc::Status ListImages(grpc::ServerContext* context,
                          const v1::ListImagesRequest* request,
                          v1::ListImagesResponse* response) override;
  grpc::Status GetImage(grpc::ServerContext* context,
                        const v1::GetImageRequest* request,
                        v1::GetImageResponse* response) override;
  grpc::Status RemoveImage(grpc::ServerContext* context,
                           const v1::RemoveImageRequest* request,
                           v1::RemoveImageResponse* response) override;
  grpc::Status LoadImages(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::LoadImagesResponse, v1::LoadImagesRequest>*
          stream) override;
  grpc::Status PullImage(
      grpc::ServerContext* context, const v1::PullImageRequest* request,
      grpc::ServerWriter<v1::PullImageResponse>* writer) override;

 private:
  absl::Status Pull(const v1::PullImageRequest& request, PullStream& stream);

  BlobStore& blobs_;
  LayerStore& layers_;
  ImageStore& images_;
  ImageSink& sink_;
  GarbageCollector& collector_;
  RegistryConnector& registries_;
  const ImagePuller::Options pull_options_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_SERVER_IMAGE_SERVICE_H_
