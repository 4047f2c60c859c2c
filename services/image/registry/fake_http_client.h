// FakeHttpClient answers requests by a function, and remembers them. For tests.
//
// Threads: as HttpClient; the function is called by one thread at a time.

#ifndef GANTRY_SERVICES_IMAGE_REGISTRY_FAKE_HTTP_CLIENT_H_
#define GANTRY_SERVICES_IMAGE_REGISTRY_FAKE_HTTP_CLIENT_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/sync/mutex.h"
#include "services/image/registry/http_client.h"

namespace gantry::image {

struct FakeAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // What happens after the body; a status of 0 is a failure without an answer.
  absl::Status end;
};

class FakeHttpClient : public HttpClient {
 public:
  using Server = std::function<FakeAnswer(const HttpRequest& request)>;

  explicit FakeHttpClient(Server server) : server_(std::move(server)) {}

  absl::Status Perform(const HttpRequest& request,
                       HttpHandler& handler) override;

  // All requests so far.
  std::vector<HttpRequest> requests();
  // Whether any request to `authority` had Authorization.
  bool WasAuthorized(const std::string& authority);

 private:
  const Server server_;
  Mutex mu_;
  std::vector<HttpRequest> requests_ ABSL_GUARDED_BY(mu_);
};

// The value of a header of a request; empty without one.
std::string RequestHeader(const HttpRequest& request, const std::string& name);

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_REGISTRY_FAKE_HTTP_CLIENT_H_
