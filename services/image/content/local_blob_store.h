// LocalBlobStore keeps blobs as files below one directory:
//
//   blobs/sha256/<hex>   committed: whole, verified, on the disk
//   ingest/<random>      being written; whatever is there at Open() is swept
//
// Only one LocalBlobStore may use a directory at a time.
//
// Threads: as for BlobStore.

#ifndef GANTRY_SERVICES_IMAGE_CONTENT_LOCAL_BLOB_STORE_H_
#define GANTRY_SERVICES_IMAGE_CONTENT_LOCAL_BLOB_STORE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/fs/unique_fd.h"
#include "common/oci/digest.h"
#include "services/image/content/blob_store.h"

namespace gantry::image {

class LocalBlobStore : public BlobStore {
 public:
  // Makes the directories below `directory` if they are missing.
  static absl::StatusOr<std::unique_ptr<LocalBlobStore>> Create(
      const std::string& directory);

  absl::StatusOr<std::unique_ptr<BlobWriter>> Begin() override;
  absl::StatusOr<std::unique_ptr<BlobReader>> Open(
      const oci::Digest& digest) override;
  absl::StatusOr<BlobInfo> Stat(const oci::Digest& digest) override;
  absl::Status Delete(const oci::Digest& digest) override;
  absl::StatusOr<std::vector<BlobInfo>> List() override;

 private:
  LocalBlobStore(std::string blobs_path, UniqueFd blobs, UniqueFd ingest);

  const std::string blobs_path_;
  const UniqueFd blobs_;
  const UniqueFd ingest_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_CONTENT_LOCAL_BLOB_STORE_H_
