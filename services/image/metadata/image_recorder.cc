#include "services/image/metadata/image_recorder.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/oci/manifest.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace gantry::image {
namespace {

absl::Status Missing(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kNotFound) return status;
  return absl::FailedPreconditionError(
      absl::StrCat("recording an image: ", status.message()));
}

}  // namespace

absl::StatusOr<std::string> ReadConfig(BlobStore& blobs,
                                       const oci::Digest& config_digest) {
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<BlobReader> reader,
                          blobs.Open(config_digest));
  if (reader->size_bytes() > oci::kMaxDocumentBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the configuration ", config_digest.ToString(), " has ",
                     reader->size_bytes(), " bytes"));
  }
  std::string document;
  while (static_cast<int64_t>(document.size()) < reader->size_bytes()) {
    GANTRY_ASSIGN_OR_RETURN(
        const std::string part,
        reader->ReadAt(static_cast<int64_t>(document.size()),
                       oci::kMaxDocumentBytes));
    if (part.empty()) {
      return absl::DataLossError(absl::StrCat(
          "the configuration ", config_digest.ToString(), " is cut off"));
    }
    document += part;
  }
  return document;
}

absl::Status ImageRecorder::Put(const ImportedImage& imported) {
  auto document = ReadConfig(blobs_, imported.config_digest);
  if (!document.ok()) return Missing(document.status());
  GANTRY_ASSIGN_OR_RETURN(const oci::ImageConfig config,
                          oci::ParseImageConfig(*document));
  if (config.diff_ids != imported.diff_ids) {
    return absl::InvalidArgumentError(
        absl::StrCat("the configuration ", imported.config_digest.ToString(),
                     " lists other layers than the image has"));
  }

  Image image;
  image.id = imported.config_digest;
  image.names = imported.names;
  image.manifest_digest = imported.manifest_digest;
  image.diff_ids = imported.diff_ids;
  image.layer_blobs = imported.layer_blobs;
  image.created_at = config.created_at;
  image.stored_at = absl::Now();
  image.platform = config.platform;
  image.labels = config.labels;

  std::vector<LayerEntry> layers;
  for (const oci::Digest& diff_id : imported.diff_ids) {
    auto layer = layers_.Stat(diff_id);
    if (!layer.ok()) return Missing(layer.status());
    image.size_bytes += layer->size_bytes;
    layers.push_back(LayerEntry{diff_id, layer->format, layer->size_bytes});
  }

  std::set<oci::Digest> needed(imported.layer_blobs.begin(),
                               imported.layer_blobs.end());
  needed.insert(imported.config_digest);
  needed.insert(imported.manifest_digest);
  std::vector<BlobEntry> blobs;
  for (const oci::Digest& digest : needed) {
    auto blob = blobs_.Stat(digest);
    if (!blob.ok()) return Missing(blob.status());
    blobs.push_back(BlobEntry{digest, blob->size_bytes});
  }
  return images_.PutImage(image, blobs, layers);
}

}  // namespace gantry::image
