// Registry over HTTP, by the OCI distribution specification
// (https://github.com/opencontainers/distribution-spec/blob/main/spec.md).
//
// It answers challenges (Basic, Bearer), follows redirects, and tries again
// what may succeed then; a blob goes on where it broke off. Credentials and
// tokens go to the registry's own scheme, host and port alone, and to the token
// server that it names.
//
// Threads: as Registry.

#ifndef GANTRY_SERVICES_IMAGE_REGISTRY_REGISTRY_CLIENT_H_
#define GANTRY_SERVICES_IMAGE_REGISTRY_REGISTRY_CLIENT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/oci/reference.h"
#include "common/sync/mutex.h"
#include "services/image/registry/attempt.h"
#include "services/image/registry/http_client.h"
#include "services/image/registry/registry.h"
#include "services/image/registry/registry_settings.h"
#include "services/image/registry/token_source.h"
#include "services/image/registry/url.h"

namespace gantry::image {

class RegistryClient : public Registry {
 public:
  // `http` and `settings` must outlive this object.
  RegistryClient(HttpClient& http, const RegistrySettings& settings,
                 const oci::Reference& image, const Credentials& credentials,
                 std::function<bool()> is_cancelled);

  absl::StatusOr<RemoteDocument> GetManifest(
      const std::string& reference) override;
  absl::Status GetBlob(const oci::Descriptor& blob,
                       BlobReceiver& receiver) override;

 private:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  class Exchange;
  class DocumentSink;
  class BlobSink;

  // Where a success goes.
  class AnswerSink {
   public:
    virtual ~AnswerSink() = default;
    virtual absl::Status OnSuccess(const HttpHead& head) = 0;
    virtual absl::Status OnContent(absl::string_view bytes) = 0;
    virtual bool IsCancelled() = 0;
  };
  struct Answer {
    HttpHead head;
    // The begin of the body, if it is no success.
    std::string error_body;
  };

  // One request with what an answer may ask for: redirects, and once a
  // challenge. It succeeds when an answer has come, whatever its status.
  Attempt Send(const Url& url, const Headers& headers, AnswerSink& sink,
               Answer& answer);
  // As Send, without challenges.
  Attempt Follow(const Url& url, const Headers& headers,
                 const std::string& authorization, AnswerSink& sink,
                 Answer& answer);
  // Where a redirect leads to.
  absl::StatusOr<Url> RedirectTarget(const Url& from,
                                     const std::string& location) const;
  HttpRequest MakeRequest(const Url& url, const Headers& headers) const;

  // What the header Authorization is to be now; empty for none.
  std::string CurrentAuthorization();
  // Answers a challenge to a request that had `used`; `changed` is whether
  // there is another authorization to try now.
  Attempt Authorize(const HttpHead& head, const std::string& used,
                    bool& changed);

  // Of an answer that is no success.
  Attempt Failure(const Answer& answer, const std::string& what) const;
  Attempt TryManifest(const std::string& reference, RemoteDocument& document);
  Attempt TryBlob(const oci::Descriptor& blob, BlobReceiver& receiver,
                  int64_t& received);
  absl::StatusOr<Url> Endpoint(const std::string& rest) const;
  // CANCELLED: meanwhile.
  absl::Status Pause(absl::Duration pause, BlobReceiver* receiver) const;

  HttpClient& http_;
  const RegistrySettings& settings_;
  const oci::Reference image_;
  const Credentials credentials_;
  const std::function<bool()> is_cancelled_;
  TokenSource tokens_;
  // Of the registry's API, without a path; or why there is none.
  absl::StatusOr<Url> base_;
  // Held while a token is fetched: who needs one too waits for it.
  Mutex auth_mu_;
  std::string authorization_ ABSL_GUARDED_BY(auth_mu_);
  absl::Time authorization_expires_at_ ABSL_GUARDED_BY(auth_mu_) =
      absl::InfiniteFuture();
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_REGISTRY_REGISTRY_CLIENT_H_
