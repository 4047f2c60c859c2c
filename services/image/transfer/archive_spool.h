// The files of an image archive, read once in whatever order they come and kept
// as blobs until it is known what they are. Names in the archive are keys here
// and never paths on the disk.
//
// Threads: one at a time.

#ifndef GANTRY_SERVICES_IMAGE_TRANSFER_ARCHIVE_SPOOL_H_
#define GANTRY_SERVICES_IMAGE_TRANSFER_ARCHIVE_SPOOL_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/oci/digest.h"
#include "services/image/content/blob_store.h"
#include "services/image/layer/byte_source.h"
#include "services/image/layer/tar_reader.h"
#include "services/image/transfer/image_sink.h"

struct archive_entry;

namespace gantry::image {

class ArchiveSpool {
 public:
  // Both must outlive this object.
  ArchiveSpool(BlobStore& blobs, ImportGuard& guard)
      : blobs_(blobs), guard_(guard) {}

  // Reads the whole archive: a tar that may be compressed with gzip or zstd.
  //
  // INVALID_ARGUMENT: no such archive, or a document of more than 4 MiB.
  // DATA_LOSS: it is cut off, or a file under blobs/sha256/ has another digest
  // than its name says. RESOURCE_EXHAUSTED: too many entries, names that are
  // too long together, a stream that grows too much, or the disk is full.
  absl::Status Read(ByteSource& archive);

  // Digest of a file by its clean name, through links; NOT_FOUND if it is not
  // there.
  absl::StatusOr<oci::Digest> Find(absl::string_view name) const;
  bool Has(absl::string_view name) const { return Find(name).ok(); }

  // The content of a document.
  //
  // NOT_FOUND: the archive has no such file. INVALID_ARGUMENT: longer than 4
  // MiB.
  absl::StatusOr<std::string> ReadDocument(absl::string_view name) const;
  absl::StatusOr<std::string> ReadDocument(const oci::Digest& digest) const;

  // A layer's media type, by its first bytes, and its size.
  struct LayerForm {
    std::string media_type;
    int64_t size_bytes = 0;
  };
  absl::StatusOr<LayerForm> FormOf(const oci::Digest& blob) const;

  // Stores a document of our own making.
  absl::StatusOr<oci::Digest> Store(absl::string_view document);

  // Everything that was stored.
  const std::vector<oci::Digest>& stored() const { return stored_; }

 private:
  absl::Status ReadEntry(archive_entry* entry, TarReader& tar);
  absl::Status ReadFile(const std::string& name, TarReader& tar);
  absl::Status AddLink(const std::string& name, std::string target);
  absl::Status CountName(absl::string_view name);

  BlobStore& blobs_;
  ImportGuard& guard_;
  std::map<std::string, oci::Digest, std::less<>> files_;
  // Names of links, and what each stands for.
  std::map<std::string, std::string, std::less<>> links_;
  std::vector<oci::Digest> stored_;
  int64_t entry_count_ = 0;
  int64_t name_bytes_ = 0;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_TRANSFER_ARCHIVE_SPOOL_H_
