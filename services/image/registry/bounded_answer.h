// An answer that is kept in memory up to a limit; what is beyond it is not
// fetched.
//
// Threads: as HttpHandler.

#ifndef GANTRY_SERVICES_IMAGE_REGISTRY_BOUNDED_ANSWER_H_
#define GANTRY_SERVICES_IMAGE_REGISTRY_BOUNDED_ANSWER_H_

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/image/registry/http_client.h"

namespace gantry::image {

class BoundedAnswer : public HttpHandler {
 public:
  BoundedAnswer(size_t max_bytes, std::function<bool()> is_cancelled)
      : max_bytes_(max_bytes), is_cancelled_(std::move(is_cancelled)) {}

  absl::Status OnHead(const HttpHead& head) override {
    head_ = head;
    return absl::OkStatus();
  }
  absl::Status OnBody(absl::string_view bytes) override {
    const absl::string_view kept = bytes.substr(0, max_bytes_ - body_.size());
    body_.append(kept.data(), kept.size());
    if (kept.size() == bytes.size()) return absl::OkStatus();
    is_cut_ = true;
    return absl::OutOfRangeError("the answer is too long");
  }
  bool IsCancelled() override { return is_cancelled_(); }

  const HttpHead& head() const { return head_; }
  const std::string& body() const { return body_; }
  // Whether there was more; the request then ended with OUT_OF_RANGE.
  bool is_cut() const { return is_cut_; }

 private:
  const size_t max_bytes_;
  const std::function<bool()> is_cancelled_;
  HttpHead head_;
  std::string body_;
  bool is_cut_ = false;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_REGISTRY_BOUNDED_ANSWER_H_
