// How often, and after which pauses, what failed is tried again.
//
// Threads: values.

#ifndef GANTRY_SERVICES_IMAGE_REGISTRY_RETRY_POLICY_H_
#define GANTRY_SERVICES_IMAGE_REGISTRY_RETRY_POLICY_H_

#include <optional>

#include "absl/time/time.h"

namespace gantry::image {

struct RetryPolicy {
  // With the first one.
  int max_attempts = 5;
  // Before the second attempt; then each pause is `multiplier` times the one
  // before, up to `max_pause`. Half of a pause is random, so that many clients
  // do not come back at once.
  absl::Duration first_pause = absl::Milliseconds(200);
  double multiplier = 2.5;
  absl::Duration max_pause = absl::Seconds(15);
  // Of what a server asks for in Retry-After.
  absl::Duration max_retry_after = absl::Seconds(60);
};

// The attempts of one request.
class Retries {
 public:
  explicit Retries(const RetryPolicy& policy);

  // Before the next attempt, at least `retry_after` as far as the policy
  // allows; none if there is no attempt left.
  std::optional<absl::Duration> NextPause(absl::Duration retry_after);

  // Something was achieved: counts from the first attempt again.
  void Reset();

 private:
  const RetryPolicy policy_;
  int attempts_ = 1;
  absl::Duration pause_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_REGISTRY_RETRY_POLICY_H_
