// Which images an archive holds. Two layouts are known, and archives that have
// both:
//
//   OCI layout      oci-layout, index.json, blobs/sha256/<hex>
//                   https://github.com/opencontainers/image-spec/blob/main/image-layout.md
//   docker-archive  manifest.json, which names configurations and layers
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_IMAGE_TRANSFER_ARCHIVE_CONTENTS_H_
#define GANTRY_SERVICES_IMAGE_TRANSFER_ARCHIVE_CONTENTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/oci/digest.h"
#include "services/image/transfer/archive_spool.h"

namespace gantry::image {

struct ArchivedImage {
  oci::Digest manifest;
  oci::Digest config;
  // Complete references; may be empty.
  std::vector<std::string> names;
  // In step, the lowest layer first.
  std::vector<oci::Digest> layer_blobs;
  std::vector<oci::Digest> diff_ids;
};

// The images for this machine's platform, in the archive's order. A
// docker-archive has no manifests: they are made and stored.
//
// INVALID_ARGUMENT: neither layout, a malformed document, no image for this
// platform. DATA_LOSS: a blob that a document names is not in the archive.
absl::StatusOr<std::vector<ArchivedImage>> ReadArchiveContents(
    ArchiveSpool& spool);

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_TRANSFER_ARCHIVE_CONTENTS_H_
