// FakeRegistry keeps manifests and blobs in memory, and fails where a test
// wants it. For tests.
//
// Threads: as Registry; the members are set before it is used.

#ifndef GANTRY_SERVICES_IMAGE_REGISTRY_FAKE_REGISTRY_H_
#define GANTRY_SERVICES_IMAGE_REGISTRY_FAKE_REGISTRY_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/oci/digest.h"
#include "common/oci/manifest.h"
#include "common/oci/reference.h"
#include "common/sync/mutex.h"
#include "services/image/registry/registry.h"

namespace gantry::image {

class FakeRegistry : public Registry {
 public:
  // Under its digest, and under `tag` unless that is empty.
  oci::Digest PutManifest(const std::string& tag, const std::string& bytes,
                          const std::string& content_type = "");
  oci::Digest PutBlob(const std::string& bytes);
  // "{mediaType, digest, size}" of `bytes`; `more` follows.
  static std::string Descriptor(const std::string& media_type,
                                absl::string_view bytes,
                                const std::string& more = "");

  // What is sent in place of a blob.
  std::map<oci::Digest, std::string> replaced;
  // After how the bytes of a blob were sent, it fails with this.
  std::map<oci::Digest, absl::Status> failures;
  // Called before the bytes of a blob are sent.
  std::function<void(const oci::Digest&)> on_blob;

  absl::StatusOr<RemoteDocument> GetManifest(
      const std::string& reference) override;
  absl::Status GetBlob(const oci::Descriptor& blob,
                       BlobReceiver& receiver) override;

  // How often each blob was asked for.
  std::map<oci::Digest, int> blob_requests();

 private:
  std::map<std::string, RemoteDocument> manifests_;
  std::map<oci::Digest, std::string> blobs_;
  Mutex mu_;
  std::map<oci::Digest, int> blob_requests_ ABSL_GUARDED_BY(mu_);
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_REGISTRY_FAKE_REGISTRY_H_
