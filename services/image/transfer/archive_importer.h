// ArchiveImporter brings the images of an archive into the store: reads it
// once, unpacks all layers side by side, and records each image when all of it
// is there.
//
// Threads: one import at a time on one object; several objects side by side.

#ifndef GANTRY_SERVICES_IMAGE_TRANSFER_ARCHIVE_IMPORTER_H_
#define GANTRY_SERVICES_IMAGE_TRANSFER_ARCHIVE_IMPORTER_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "common/oci/digest.h"
#include "services/image/content/blob_store.h"
#include "services/image/layer/byte_source.h"
#include "services/image/layer/layer_store.h"
#include "services/image/transfer/archive_contents.h"
#include "services/image/transfer/image_sink.h"

namespace gantry::image {

class ArchiveImporter {
 public:
  using OnImage = std::function<void(const ImportedImage& image)>;

  // All must outlive this object.
  ArchiveImporter(BlobStore& blobs, LayerStore& layers, ImageSink& sink,
                  ImportGuard& guard)
      : blobs_(blobs), layers_(layers), sink_(sink), guard_(guard) {}

  // `on_image` is called for each image once it is recorded. After an error the
  // images recorded before stay, and nothing else is left.
  //
  // INVALID_ARGUMENT: not an image archive, or a document in it is malformed.
  // DATA_LOSS: cut off, or a digest does not match.
  // RESOURCE_EXHAUSTED: the disk is full, or beyond a limit.
  absl::Status Import(ByteSource& archive, const OnImage& on_image);

 private:
  absl::Status ImportAll(ArchiveSpool& spool, ByteSource& archive,
                         const OnImage& on_image);
  absl::Status CheckImage(const ArchivedImage& image) const;
  // All layers of all images, each once, on as many threads as there are
  // processors.
  absl::Status UnpackLayers(const std::vector<ArchivedImage>& images);
  absl::Status UnpackLayer(const oci::Digest& blob, const oci::Digest& diff_id);
  absl::Status Record(const ArchivedImage& image, const OnImage& on_image);

  BlobStore& blobs_;
  LayerStore& layers_;
  ImageSink& sink_;
  ImportGuard& guard_;
  // Layers that this import asked for, and what recorded images need.
  std::vector<oci::Digest> unpacked_;
  std::vector<oci::Digest> kept_blobs_;
  std::vector<oci::Digest> kept_layers_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_TRANSFER_ARCHIVE_IMPORTER_H_
