#include "services/image/registry/attempt.h"

#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/error.h"
#include "services/image/registry/registry_error.h"

namespace gantry::image {
namespace {

constexpr int kRequestTimeout = 408;
constexpr int kTooManyRequests = 429;

// Seconds, or a date.
absl::Duration RetryAfter(const HttpHead& head) {
  const std::string text = head.Header("retry-after");
  int seconds = 0;
  if (absl::SimpleAtoi(text, &seconds)) {
    return absl::Seconds(std::max(0, seconds));
  }
  absl::Time time;
  if (!absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", text, &time, nullptr)) {
    return absl::ZeroDuration();
  }
  return std::max(time - absl::Now(), absl::ZeroDuration());
}

}  // namespace

Attempt TransportFailure(const absl::Status& status, absl::string_view host) {
  if (!absl::IsUnavailable(status) && !absl::IsFailedPrecondition(status)) {
    return {status};
  }
  return {Error(absl::StatusCode::kUnavailable, "REGISTRY_UNREACHABLE",
                absl::StrCat("cannot reach the registry ", host, ": ",
                             status.message()),
                {{"host", std::string(host)}}),
          absl::IsUnavailable(status)};
}

Attempt AnswerFailure(const HttpHead& head, absl::string_view body,
                      absl::string_view host) {
  const std::string said = RegistryMessage(body);
  const std::string message =
      absl::StrCat("the registry ", host, " answers with status ", head.status,
                   said.empty() ? "" : ": ", said);
  const std::map<std::string, std::string> metadata = {
      {"host", std::string(host)}, {"status", absl::StrCat(head.status)}};
  if (head.status == kTooManyRequests) {
    return {Error(absl::StatusCode::kResourceExhausted, "REGISTRY_RATE_LIMIT",
                  message, metadata),
            true, RetryAfter(head)};
  }
  return {Error(absl::StatusCode::kUnavailable, "REGISTRY_FAILED", message,
                metadata),
          head.status >= 500 || head.status == kRequestTimeout,
          RetryAfter(head)};
}

}  // namespace gantry::image
