#include "ctl/flags/timestamp.h"

#include <gtest/gtest.h>

namespace gantry::ctl {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1000000);

TEST(TimestampTest, ADurationIsThatLongAgo) {
  EXPECT_EQ(ParseTimestamp("1h30m", kNow).value(), kNow - absl::Minutes(90));
}

TEST(TimestampTest, SecondsMayHaveAFraction) {
  EXPECT_EQ(ParseTimestamp("1136073600.000000001", kNow).value(),
            absl::FromUnixSeconds(1136073600) + absl::Nanoseconds(1));
}

TEST(TimestampTest, DatesMayHaveAZone) {
  EXPECT_EQ(ParseTimestamp("1970-01-01T00:00:02.5Z", kNow).value(),
            absl::FromUnixMillis(2500));
  EXPECT_EQ(ParseTimestamp("1970-01-01T01:00:00+01:00", kNow).value(),
            absl::UnixEpoch());
  EXPECT_TRUE(ParseTimestamp("2026-11-27", kNow).ok());
}

TEST(TimestampTest, AnythingElseIsRefused) {
  EXPECT_FALSE(ParseTimestamp("yesterday", kNow).ok());
  EXPECT_FALSE(ParseTimestamp("", kNow).ok());
}

}  // namespace
}  // namespace gantry::ctl
