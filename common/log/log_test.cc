#include "common/log/log.h"

#include <gtest/gtest.h>

namespace gantry {
namespace {

TEST(LogTest, FieldsFollowTheMessage) {
  EXPECT_EQ(FormatLogLine("info", "image", "image loaded",
                          {{"n", "3"}, {"name", "a b"}}),
            R"(level=info service=image msg="image loaded" n=3 name="a b")");
}

TEST(LogTest, NoValueBreaksTheLine) {
  const std::string line = FormatLogLine(
      "error", "x", "a\nb\"c", {{"k", "1\n2"}, {"e", ""}, {"q", "a=\"b\""}});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line,
            R"(level=error service=x msg="a\nb\"c" k="1\n2" e="" q="a=\"b\"")");
}

}  // namespace
}  // namespace gantry
