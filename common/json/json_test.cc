#include "common/json/json.h"

#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"

namespace gantry {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

TEST(JsonTest, DocumentComesBackInItsOrder) {
  const absl::StatusOr<Json> value =
      ParseJson(R"({"b":[1,"x",null],"a":{"c":true}})");
  ASSERT_THAT(value, IsOk());
  EXPECT_EQ(PrintJson(*value), R"({"b":[1,"x",null],"a":{"c":true}})");
}

TEST(JsonTest, RepeatedKeyIsRefused) {
  EXPECT_THAT(ParseJson(R"({"a":1,"a":2})"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseJson(R"([{"a":1},{"a":2}])"), IsOk());
}

TEST(JsonTest, TooDeepIsRefused) {
  EXPECT_THAT(ParseJson(std::string(64, '[') + std::string(64, ']')), IsOk());
  EXPECT_FALSE(ParseJson(std::string(65, '[') + std::string(65, ']')).ok());
  EXPECT_FALSE(ParseJson(std::string(1000000, '[')).ok());
}

TEST(JsonTest, GarbageIsRefused) {
  for (const char* text :
       {"", "{", "{\"a\":}", "nul", "[1,]", "\"\xff\"", "{} x"}) {
    EXPECT_THAT(ParseJson(text), StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

TEST(JsonTest, MembersOfTheWrongTypeAreNamed) {
  const Json value =
      ParseJson(
          R"({"s":1,"n":"x","a":{},"m":{"k":1},"big":18446744073709551615})")
          .value();
  EXPECT_FALSE(GetString(value, "s").ok());
  EXPECT_FALSE(GetInt(value, "n").ok());
  EXPECT_FALSE(GetInt(value, "big").ok());
  EXPECT_FALSE(GetStrings(value, "a").ok());
  EXPECT_FALSE(GetStringMap(value, "m").ok());
  EXPECT_FALSE(GetBool(value, "s").ok());
}

TEST(JsonTest, MissingMembersAreEmpty) {
  const Json value = ParseJson(R"({"s":null})").value();
  EXPECT_EQ(GetString(value, "s").value(), "");
  EXPECT_EQ(GetInt(value, "x").value(), 0);
  EXPECT_TRUE(GetStrings(value, "x")->empty());
  EXPECT_TRUE(GetStringMap(value, "x")->empty());
}

}  // namespace
}  // namespace gantry
