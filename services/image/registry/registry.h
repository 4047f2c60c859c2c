// Registry reads one repository of a registry: manifests whole, blobs as they
// come. It checks that bytes are what they are asked for as far as it can at
// once: a manifest against its digest, a blob against its size.
//
// Errors, as protos/gantry/image/v1/image_service.proto says for PullImage, and
//   CANCELLED: the caller wanted it.
// Messages are one line, name the host or the image, and hold no secret.
//
// Threads: may be shared by any number of threads.

#ifndef GANTRY_SERVICES_IMAGE_REGISTRY_REGISTRY_H_
#define GANTRY_SERVICES_IMAGE_REGISTRY_REGISTRY_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/oci/digest.h"
#include "common/oci/manifest.h"
#include "common/oci/reference.h"

namespace gantry::image {

// Whom a registry is to take us for. All empty for anybody.
struct Credentials {
  std::string username;
  std::string password;
  // Used instead of both with registries that have a token server.
  std::string identity_token;

  bool empty() const { return username.empty() && identity_token.empty(); }
};

// A manifest or an index.
struct RemoteDocument {
  std::string bytes;
  // Of `bytes`.
  oci::Digest digest;
  // What the registry says it is, without parameters; may be empty.
  std::string content_type;
};

// Takes a blob. Called by one thread at a time.
class BlobReceiver {
 public:
  virtual ~BlobReceiver() = default;

  // The next bytes; may block. A failure ends the download.
  virtual absl::Status Append(absl::string_view bytes) = 0;
  // The download broke off and goes on after a pause, where it ended; `reason`
  // is for a person.
  virtual void Retrying(absl::string_view reason) = 0;
  virtual bool IsCancelled() = 0;
};

class Registry {
 public:
  virtual ~Registry() = default;

  // `reference` is a tag or a digest of the repository.
  virtual absl::StatusOr<RemoteDocument> GetManifest(
      const std::string& reference) = 0;

  // Gives `receiver` exactly the bytes that `blob` announces, or fails. Their
  // digest is for the receiver to check.
  virtual absl::Status GetBlob(const oci::Descriptor& blob,
                               BlobReceiver& receiver) = 0;
};

class RegistryConnector {
 public:
  virtual ~RegistryConnector() = default;

  // For the repository of `image`; nothing is sent yet. `is_cancelled` is asked
  // often, by any thread, and ends every call once it is true. This object must
  // outlive what is returned.
  virtual std::unique_ptr<Registry> Connect(
      const oci::Reference& image, const Credentials& credentials,
      std::function<bool()> is_cancelled) = 0;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_REGISTRY_REGISTRY_H_
