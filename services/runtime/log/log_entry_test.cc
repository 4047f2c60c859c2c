#include "services/runtime/log/log_entry.h"

#include <gtest/gtest.h>

namespace gantry::runtime {
namespace {

TEST(LogEntryTest, TimesHaveNineDigitsOfFraction) {
  EXPECT_EQ(FormatLogTime(absl::FromUnixNanos(1700000000000000007)),
            "2023-11-14T22:13:20.000000007Z");
}

TEST(LogEntryTest, TimesThatHaveNoFourDigitsAreCut) {
  EXPECT_EQ(FormatLogTime(absl::InfinitePast()),
            "0000-01-01T00:00:00.000000000Z");
  EXPECT_EQ(FormatLogTime(absl::InfiniteFuture()),
            "9999-12-31T23:59:59.999999999Z");
}

TEST(LogEntryTest, ParsesAFullEntryWithItsNewline) {
  const auto entry =
      ParseLogEntry("2023-11-14T22:13:20.000000007Z stderr F a b");
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(absl::ToUnixNanos(entry->time), 1700000000000000007);
  EXPECT_EQ(entry->stream, LogStream::kStderr);
  EXPECT_EQ(entry->data, "a b\n");
}

TEST(LogEntryTest, APartialEntryHasNoNewline) {
  const auto entry = ParseLogEntry("2023-11-14T22:13:20.000000007Z stdout P x");
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->data, "x");
}

TEST(LogEntryTest, RefusesWhatIsNoEntry) {
  EXPECT_FALSE(ParseLogEntry("").has_value());
  EXPECT_FALSE(
      ParseLogEntry("2023-11-14T22:13:20.000000007Z stdwhat F x").has_value());
  EXPECT_FALSE(
      ParseLogEntry("2023-11-14T22:13:20.00000000xZ stdout F x").has_value());
  EXPECT_FALSE(
      ParseLogEntry("2023-11-14T22:13:20.000000007Z stdout X x").has_value());
}

}  // namespace
}  // namespace gantry::runtime
