#include "services/image/registry/retry_policy.h"

#include <algorithm>

#include "absl/random/random.h"

namespace gantry::image {

Retries::Retries(const RetryPolicy& policy)
    : policy_(policy), pause_(policy.first_pause) {}

std::optional<absl::Duration> Retries::NextPause(absl::Duration retry_after) {
  if (attempts_ >= policy_.max_attempts) return std::nullopt;
  ++attempts_;
  absl::BitGen random;
  const absl::Duration pause = pause_ * absl::Uniform(random, 0.5, 1.0);
  pause_ = std::min(pause_ * policy_.multiplier, policy_.max_pause);
  return std::max(pause, std::min(retry_after, policy_.max_retry_after));
}

void Retries::Reset() {
  attempts_ = 1;
  pause_ = policy_.first_pause;
}

}  // namespace gantry::image
