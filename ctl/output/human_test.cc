#include "ctl/output/human.h"

#include <gtest/gtest.h>

namespace gantry::ctl {
namespace {

TEST(HumanTest, DurationsAreRoundedAsDockerDoes) {
  EXPECT_EQ(HumanDuration(absl::Milliseconds(450)), "Less than a second");
  EXPECT_EQ(HumanDuration(absl::Seconds(1)), "1 second");
  EXPECT_EQ(HumanDuration(absl::Seconds(59)), "59 seconds");
  EXPECT_EQ(HumanDuration(absl::Seconds(61)), "About a minute");
  EXPECT_EQ(HumanDuration(absl::Minutes(59)), "59 minutes");
  EXPECT_EQ(HumanDuration(absl::Minutes(60)), "About an hour");
  EXPECT_EQ(HumanDuration(absl::Hours(47)), "47 hours");
  EXPECT_EQ(HumanDuration(absl::Hours(48)), "2 days");
  EXPECT_EQ(HumanDuration(absl::Hours(24 * 14)), "2 weeks");
  EXPECT_EQ(HumanDuration(absl::Hours(24 * 60)), "2 months");
  EXPECT_EQ(HumanDuration(absl::Hours(24 * 365 * 3)), "3 years");
}

TEST(HumanTest, SizesHaveThreeDigits) {
  EXPECT_EQ(HumanSize(0), "0B");
  EXPECT_EQ(HumanSize(4261550), "4.26MB");
  EXPECT_EQ(HumanSize(77800000), "77.8MB");
  EXPECT_EQ(HumanSize(1000), "1kB");
  EXPECT_EQ(HumanSize(1982547, 4), "1.983MB");
  EXPECT_EQ(HumanBinarySize(int64_t{8} << 30), "8GiB");
}

TEST(HumanTest, CommandsAreJoinedAndCut) {
  EXPECT_EQ(JoinCommand({"sh", "-c", "echo hi"}), "sh -c 'echo hi'");
  EXPECT_EQ(Quote(Ellipsis("sh -c 'while true; do sleep 1'", 20)),
            "\"sh -c 'while true; …\"");
  EXPECT_EQ(Ellipsis("12345678901234567890", 20), "12345678901234567890");
  EXPECT_EQ(Quote("a\"b\n"), "\"a\\\"b\\n\"");
  EXPECT_EQ(Quote("\a\x01é\xff"), "\"\\a\\x01é\\xff\"");
}

TEST(HumanTest, IdsAreShortened) {
  EXPECT_EQ(ShortId("sha256:0123456789abcdef"), "0123456789ab");
  EXPECT_EQ(IsoTime(absl::FromUnixNanos(1500000000)),
            "1970-01-01T00:00:01.500000000Z");
}

}  // namespace
}  // namespace gantry::ctl
