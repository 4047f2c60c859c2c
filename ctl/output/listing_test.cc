#include "ctl/output/listing.h"

#include <gtest/gtest.h>

namespace gantry::ctl {
namespace {

const char kTable[] = "table {{.ID}}\\t{{.Image}}\\t{{.Names}}";

std::string Print(absl::string_view format) {
  const Json headers = {
      {"ID", "CONTAINER ID"}, {"Image", "IMAGE"}, {"Names", "NAMES"}};
  const std::vector<Json> items = {
      Json{{"ID", "0123456789ab"}, {"Image", "busybox"}, {"Names", "web"}},
      Json{{"ID", "ba9876543210"}, {"Image", "é"}, {"Names", "db"}}};
  return PrintListing(items, headers, format, kTable).value_or("error");
}

TEST(ListingTest, TheDefaultIsATable) {
  EXPECT_EQ(Print(""),
            "CONTAINER ID   IMAGE     NAMES\n"
            "0123456789ab   busybox   web\n"
            "ba9876543210   é         db\n");
}

TEST(ListingTest, ATableTemplateChoosesColumns) {
  EXPECT_EQ(Print("table {{.Names}}\t{{.ID}}"),
            "NAMES     CONTAINER ID\n"
            "web       0123456789ab\n"
            "db        ba9876543210\n");
}

TEST(ListingTest, ATemplateMakesALineAnItem) {
  EXPECT_EQ(Print("{{.Names}}"), "web\ndb\n");
  EXPECT_EQ(Print("{{.Bogus}}"), "error");
}

TEST(ListingTest, JsonMakesAnObjectALine) {
  EXPECT_EQ(
      Print("json"),
      "{\"ID\":\"0123456789ab\",\"Image\":\"busybox\",\"Names\":\"web\"}\n"
      "{\"ID\":\"ba9876543210\",\"Image\":\"é\",\"Names\":\"db\"}\n");
}

}  // namespace
}  // namespace gantry::ctl
