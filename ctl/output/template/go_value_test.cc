#include "ctl/output/template/go_value.h"

#include <gtest/gtest.h>

namespace gantry::ctl {
namespace {

using Kind = GoValue::Kind;

TEST(GoValueTest, NullIsWhatItsTypeSays) {
  EXPECT_EQ(GoValue().kind(), Kind::kNone);
  EXPECT_EQ(GoValue(Json(), GoType::Strings()).kind(), Kind::kList);
  EXPECT_EQ(GoValue(Json(), GoType::StringMap()).kind(), Kind::kMap);
  EXPECT_EQ(GoValue(Json(), GoType::String()).Print(), "");
  EXPECT_EQ(GoValue(Json(), GoType::Strings()).Print(), "[]");
  const GoTypePtr pointer = NewPointerType(GoType::Int());
  EXPECT_EQ(GoValue(Json(), pointer).kind(), Kind::kNil);
  EXPECT_EQ(GoValue(Json(), pointer).Print(), "<nil>");
  EXPECT_EQ(GoValue(Json(5), pointer).Print(), "5");
}

TEST(GoValueTest, EmptyAndZeroAreFalse) {
  for (const Json& json : {Json(), Json(0), Json(0.0), Json(""), Json(false),
                           Json::array(), Json::object()}) {
    EXPECT_FALSE(GoValue(json).IsTrue()) << json.dump();
  }
  EXPECT_TRUE(GoValue(Json("0")).IsTrue());
  EXPECT_TRUE(GoValue(Json(-1)).IsTrue());
  EXPECT_TRUE(GoValue(Json::object(), NewStructType("empty", {})).IsTrue());
}

TEST(GoValueTest, MapsPrintSortedAndJsonKeepsTheOrder) {
  const Json json = {{"b", 1}, {"a", Json()}};
  EXPECT_EQ(GoValue(json).Print(), "map[a:<nil> b:1]");
  EXPECT_EQ(GoValue(json).PrintAsJson(), R"({"b":1,"a":null})");
  EXPECT_EQ(GoValue(json, GoType::Raw()).PrintAsJson(), R"({"a":null,"b":1})");
  EXPECT_EQ(GoValue(Json(1.0)).PrintAsJson(), "1");
}

TEST(GoValueTest, NumbersOfRawDocumentsAreTexts) {
  const GoValue number(Json(42), GoType::Raw());
  EXPECT_EQ(number.kind(), Kind::kString);
  EXPECT_EQ(number.AsString(), "42");
  EXPECT_EQ(number.TypeName(), "json.Number");
  EXPECT_EQ(number.PrintAsJson(), "42");
}

}  // namespace
}  // namespace gantry::ctl
