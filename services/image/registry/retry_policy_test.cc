#include "services/image/registry/retry_policy.h"

#include <gtest/gtest.h>

#include "absl/time/time.h"

namespace gantry::image {
namespace {

TEST(RetryPolicyTest, PausesGrowUpToTheirLimit) {
  RetryPolicy policy;
  policy.max_attempts = 6;
  policy.first_pause = absl::Seconds(1);
  policy.multiplier = 2;
  policy.max_pause = absl::Seconds(4);
  Retries retries(policy);
  for (const int seconds : {1, 2, 4, 4, 4}) {
    const auto pause = retries.NextPause(absl::ZeroDuration());
    ASSERT_TRUE(pause.has_value());
    EXPECT_GE(*pause, absl::Seconds(seconds) / 2);
    EXPECT_LE(*pause, absl::Seconds(seconds));
  }
  EXPECT_FALSE(retries.NextPause(absl::ZeroDuration()).has_value());
  retries.Reset();
  EXPECT_TRUE(retries.NextPause(absl::ZeroDuration()).has_value());
}

TEST(RetryPolicyTest, TheServersWishCountsWithinLimits) {
  RetryPolicy policy;
  policy.max_retry_after = absl::Seconds(9);
  EXPECT_EQ(*Retries(policy).NextPause(absl::Seconds(7)), absl::Seconds(7));
  EXPECT_EQ(*Retries(policy).NextPause(absl::Hours(7)), absl::Seconds(9));
}

}  // namespace
}  // namespace gantry::image
