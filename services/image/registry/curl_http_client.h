// HttpClient over libcurl: HTTP/1.1, TLS 1.2 or later by the system's roots,
// proxies from the environment (but none to a loopback host).
//
// Threads: as HttpClient. Connections are kept for the next request.

#ifndef GANTRY_SERVICES_IMAGE_REGISTRY_CURL_HTTP_CLIENT_H_
#define GANTRY_SERVICES_IMAGE_REGISTRY_CURL_HTTP_CLIENT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/sync/mutex.h"
#include "services/image/registry/http_client.h"

namespace gantry::image {

class CurlHttpClient : public HttpClient {
 public:
  struct Options {
    std::string user_agent = "gantry";
    absl::Duration connect_timeout = absl::Seconds(15);
    // With less than a hundred bytes of an answer a second for so long, a
    // request fails.
    absl::Duration idle_timeout = absl::Seconds(30);
  };

  explicit CurlHttpClient(Options options);
  ~CurlHttpClient() override;
  CurlHttpClient(const CurlHttpClient&) = delete;
  CurlHttpClient& operator=(const CurlHttpClient&) = delete;

  absl::Status Perform(const HttpRequest& request,
                       HttpHandler& handler) override;

 private:
  // A curl handle with its open connections.
  class Handle;

  std::unique_ptr<Handle> TakeHandle();
  void ReturnHandle(std::unique_ptr<Handle> handle);
  // What concerns the connection: TLS, proxy, times.
  void SetConnection(const Handle& handle, const HttpRequest& request) const;

  const Options options_;
  Mutex mu_;
  std::vector<std::unique_ptr<Handle>> idle_ ABSL_GUARDED_BY(mu_);
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_REGISTRY_CURL_HTTP_CLIENT_H_
