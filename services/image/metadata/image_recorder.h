// ImageRecorder is where imports end: it reads the image's configuration from
// the blobs, and records the image with everything it needs.
//
// Threads: may be shared by any number of threads.

#ifndef GANTRY_SERVICES_IMAGE_METADATA_IMAGE_RECORDER_H_
#define GANTRY_SERVICES_IMAGE_METADATA_IMAGE_RECORDER_H_

#include "absl/status/status.h"
#include "services/image/content/blob_store.h"
#include "services/image/layer/layer_store.h"
#include "services/image/metadata/image_store.h"
#include "services/image/transfer/image_sink.h"

namespace gantry::image {

class ImageRecorder : public ImageSink {
 public:
  // All must outlive this object.
  ImageRecorder(BlobStore& blobs, LayerStore& layers, ImageStore& images)
      : blobs_(blobs), layers_(layers), images_(images) {}

  // FAILED_PRECONDITION: a blob or a layer of it is not stored.
  // INVALID_ARGUMENT: its configuration is malformed or lists other layers.
  absl::Status Put(const ImportedImage& image) override;

 private:
  BlobStore& blobs_;
  LayerStore& layers_;
  ImageStore& images_;
};

// The configuration document of an image, byte for byte.
//
// RESOURCE_EXHAUSTED: it is longer than 4 MiB.
absl::StatusOr<std::string> ReadConfig(BlobStore& blobs,
                                       const oci::Digest& config_digest);

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_METADATA_IMAGE_RECORDER_H_
