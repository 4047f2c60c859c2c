// HttpClient performs single HTTP requests: it follows no redirect, answers no
// challenge and repeats nothing. All of that is RegistryClient's.
//
// Threads: may be shared by any number of threads; a handler is called on the
// thread of its request.

#ifndef GANTRY_SERVICES_IMAGE_REGISTRY_HTTP_CLIENT_H_
#define GANTRY_SERVICES_IMAGE_REGISTRY_HTTP_CLIENT_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/image/registry/url.h"

namespace gantry::image {

struct HttpRequest {
  explicit HttpRequest(Url target) : url(std::move(target)) {}

  // "GET", or "POST" with a body.
  std::string method = "GET";
  Url url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // Certificates to trust in place of the system's; empty for those.
  std::string ca_file;
  bool skip_tls_verify = false;
};

struct HttpHead {
  int status = 0;
  // Names in lower case, in the order in which they came.
  std::vector<std::pair<std::string, std::string>> headers;

  // The first header of that name (in lower case); empty without one.
  std::string Header(absl::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return std::string();
  }
};

// Takes an answer as it comes. A call that fails ends the request.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  // Once, before the body.
  virtual absl::Status OnHead(const HttpHead& head) = 0;
  // The next bytes of the body; may block.
  virtual absl::Status OnBody(absl::string_view bytes) = 0;
  // Asked at least once a second; the request ends when it is true.
  virtual bool IsCancelled() = 0;
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // Returns when the whole answer has come, whatever its status.
  //
  // UNAVAILABLE: no connection, a broken one, or no answer in time; another
  // attempt may succeed.
  // FAILED_PRECONDITION: a certificate that is not trusted, an answer that is
  // no HTTP; another attempt will not.
  // CANCELLED: the handler wanted it.
  // Otherwise what the handler returned.
  virtual absl::Status Perform(const HttpRequest& request,
                               HttpHandler& handler) = 0;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_REGISTRY_HTTP_CLIENT_H_
