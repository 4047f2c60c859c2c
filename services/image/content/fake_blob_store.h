// FakeBlobStore keeps blobs in memory. For tests.
//
// Threads: as for BlobStore.

#ifndef GANTRY_SERVICES_IMAGE_CONTENT_FAKE_BLOB_STORE_H_
#define GANTRY_SERVICES_IMAGE_CONTENT_FAKE_BLOB_STORE_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/oci/digest.h"
#include "common/sync/mutex.h"
#include "services/image/content/blob_store.h"

namespace gantry::image {

class FakeBlobStore : public BlobStore {
 public:
  // Stores `bytes` at once.
  oci::Digest Put(absl::string_view bytes);

  absl::StatusOr<std::unique_ptr<BlobWriter>> Begin() override;
  absl::StatusOr<std::unique_ptr<BlobReader>> Open(
      const oci::Digest& digest) override;
  absl::StatusOr<BlobInfo> Stat(const oci::Digest& digest) override;
  absl::Status Delete(const oci::Digest& digest) override;
  absl::StatusOr<std::vector<BlobInfo>> List() override;

 private:
  class Writer;

  struct Blob {
    // Shared by the store and by readers that outlive a Delete().
    std::shared_ptr<const std::string> bytes;
    absl::Time committed_at;
  };

  BlobInfo Store(const oci::Digest& digest, std::string bytes);

  Mutex mu_;
  std::map<oci::Digest, Blob> blobs_ ABSL_GUARDED_BY(mu_);
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_CONTENT_FAKE_BLOB_STORE_H_
