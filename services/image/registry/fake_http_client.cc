#include "services/image/registry/fake_http_client.h"

#include <algorithm>

#include "absl/strings/string_view.h"

namespace gantry::image {
namespace {

constexpr size_t kChunkBytes = 1000;

}  // namespace

absl::Status FakeHttpClient::Perform(const HttpRequest& request,
                                     HttpHandler& handler) {
  FakeAnswer answer;
  {
    MutexLock lock(mu_);
    requests_.push_back(request);
    answer = server_(request);
  }
  if (handler.IsCancelled()) return absl::CancelledError("cancelled");
  if (answer.status == 0) return answer.end;
  if (absl::Status status = handler.OnHead({answer.status, answer.headers});
      !status.ok()) {
    return status;
  }
  absl::string_view rest = answer.body;
  while (!rest.empty()) {
    if (handler.IsCancelled()) return absl::CancelledError("cancelled");
    if (absl::Status status = handler.OnBody(rest.substr(0, kChunkBytes));
        !status.ok()) {
      return status;
    }
    rest.remove_prefix(std::min(rest.size(), kChunkBytes));
  }
  return answer.end;
}

std::vector<HttpRequest> FakeHttpClient::requests() {
  MutexLock lock(mu_);
  return requests_;
}

bool FakeHttpClient::WasAuthorized(const std::string& authority) {
  MutexLock lock(mu_);
  for (const HttpRequest& request : requests_) {
    if (request.url.Authority() == authority &&
        !RequestHeader(request, "Authorization").empty()) {
      return true;
    }
  }
  return false;
}

std::string RequestHeader(const HttpRequest& request, const std::string& name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return std::string();
}

}  // namespace gantry::image
