#include "services/image/transfer/archive_importer.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "common/sync/mutex.h"
#include "services/image/transfer/archive_spool.h"

namespace gantry::image {
namespace {

constexpr int64_t kReadBytes = 1 << 20;
constexpr size_t kMaxThreads = 8;

class BlobSource : public ByteSource {
 public:
  explicit BlobSource(std::unique_ptr<BlobReader> reader)
      : reader_(std::move(reader)) {}

  absl::StatusOr<absl::string_view> Next() override {
    GANTRY_ASSIGN_OR_RETURN(chunk_, reader_->ReadAt(offset_, kReadBytes));
    offset_ += static_cast<int64_t>(chunk_.size());
    return absl::string_view(chunk_);
  }

 private:
  const std::unique_ptr<BlobReader> reader_;
  int64_t offset_ = 0;
  std::string chunk_;
};

// Those of `all` that are not in `kept`.
std::vector<oci::Digest> Without(std::vector<oci::Digest> all,
                                 const std::vector<oci::Digest>& kept) {
  all.erase(std::remove_if(all.begin(), all.end(),
                           [&](const oci::Digest& digest) {
                             return std::find(kept.begin(), kept.end(),
                                              digest) != kept.end();
                           }),
            all.end());
  return all;
}

}  // namespace

absl::Status ArchiveImporter::Import(ByteSource& archive,
                                     const OnImage& on_image) {
  ArchiveSpool spool(blobs_, guard_);
  absl::Status status = ImportAll(spool, archive, on_image);
  // Also of a good archive something is left over: index.json, oci-layout and
  // the like.
  guard_.Discard(Without(spool.stored(), kept_blobs_),
                 Without(unpacked_, kept_layers_));
  return status;
}

absl::Status ArchiveImporter::ImportAll(ArchiveSpool& spool,
                                        ByteSource& archive,
                                        const OnImage& on_image) {
  GANTRY_RETURN_IF_ERROR(spool.Read(archive));
  GANTRY_ASSIGN_OR_RETURN(const std::vector<ArchivedImage> images,
                          ReadArchiveContents(spool));
  if (images.empty())
    return absl::InvalidArgumentError("the archive has no image");
  for (const ArchivedImage& image : images)
    GANTRY_RETURN_IF_ERROR(CheckImage(image));
  GANTRY_RETURN_IF_ERROR(UnpackLayers(images));
  for (const ArchivedImage& image : images)
    GANTRY_RETURN_IF_ERROR(Record(image, on_image));
  return absl::OkStatus();
}

absl::Status ArchiveImporter::CheckImage(const ArchivedImage& image) const {
  if (image.layer_blobs.size() == image.diff_ids.size())
    return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the image ", image.config.ToString(), " has ", image.layer_blobs.size(),
      " layers, its configuration lists ", image.diff_ids.size()));
}

absl::Status ArchiveImporter::UnpackLayers(
    const std::vector<ArchivedImage>& images) {
  std::map<oci::Digest, oci::Digest> blob_of_layer;
  for (const ArchivedImage& image : images) {
    for (size_t i = 0; i < image.diff_ids.size(); ++i) {
      blob_of_layer.emplace(image.diff_ids[i], image.layer_blobs[i]);
    }
  }
  for (const auto& [diff_id, blob] : blob_of_layer)
    unpacked_.push_back(diff_id);

  struct {
    Mutex mu;
    size_t next ABSL_GUARDED_BY(mu) = 0;
    absl::Status status ABSL_GUARDED_BY(mu);
  } shared;
  const auto work = [&] {
    while (true) {
      size_t index = 0;
      {
        MutexLock lock(shared.mu);
        // The first failure ends all.
        if (!shared.status.ok() || shared.next == unpacked_.size()) return;
        index = shared.next++;
      }
      const oci::Digest& diff_id = unpacked_[index];
      absl::Status status = UnpackLayer(blob_of_layer.at(diff_id), diff_id);
      MutexLock lock(shared.mu);
      shared.status.Update(status);
    }
  };
  const size_t count =
      std::min<size_t>({kMaxThreads, unpacked_.size(),
                        std::max(1u, std::thread::hardware_concurrency())});
  std::vector<std::thread> threads;
  for (size_t i = 1; i < count; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  MutexLock lock(shared.mu);
  return shared.status;
}

absl::Status ArchiveImporter::UnpackLayer(const oci::Digest& blob,
                                          const oci::Digest& diff_id) {
  GANTRY_RETURN_IF_ERROR(guard_.PinLayer(diff_id));
  GANTRY_ASSIGN_OR_RETURN(std::unique_ptr<BlobReader> reader,
                          blobs_.Open(blob));
  BlobSource source(std::move(reader));
  return Annotate(layers_.Unpack(source, diff_id, LayerLimits()).status(),
                  absl::StrCat("layer ", blob.ToString()));
}

absl::Status ArchiveImporter::Record(const ArchivedImage& image,
                                     const OnImage& on_image) {
  ImportedImage imported;
  imported.manifest_digest = image.manifest;
  imported.config_digest = image.config;
  imported.names = image.names;
  imported.diff_ids = image.diff_ids;
  imported.layer_blobs = image.layer_blobs;
  for (const oci::Digest& diff_id : image.diff_ids) {
    GANTRY_ASSIGN_OR_RETURN(const LayerInfo layer, layers_.Stat(diff_id));
    imported.layer_sizes_bytes.push_back(layer.size_bytes);
  }
  GANTRY_RETURN_IF_ERROR(sink_.Put(imported));
  kept_blobs_.push_back(image.manifest);
  kept_blobs_.push_back(image.config);
  kept_blobs_.insert(kept_blobs_.end(), image.layer_blobs.begin(),
                     image.layer_blobs.end());
  kept_layers_.insert(kept_layers_.end(), image.diff_ids.begin(),
                      image.diff_ids.end());
  on_image(imported);
  return absl::OkStatus();
}

}  // namespace gantry::image
