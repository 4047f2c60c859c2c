#include "ctl/output/listing.h"

#include <gtest/gtest.h>

namespace gantry::ctl {
namespace {

const char kTable[] = "table {{.ID}}\\t{{.Image}}\\t{{.Names}}";

std::string Print(absl::string_view format, bool empty = false) {
  const Json headers = {{"ID", "CONTAINER ID"},
                        {"Image", "IMAGE"},
                        {"Names", "NAMES"},
                        {"Label()", Json::object()}};
  std::vector<Json> items = {Json{{"ID", "0123456789ab"},
                                  {"Image", "busybox"},
                                  {"Names", "web"},
                                  {"Label()", {{"a.b-c", "1"}}}},
                             Json{{"ID", "ba9876543210"},
                                  {"Image", "é"},
                                  {"Names", "db"},
                                  {"Label()", Json::object()}}};
  if (empty) items.clear();
  const auto text = PrintListing(items, headers, format, kTable);
  return text.ok() ? *text : std::string(text.status().message());
}

TEST(ListingTest, TheDefaultIsATable) {
  EXPECT_EQ(Print(""),
            "CONTAINER ID   IMAGE     NAMES\n"
            "0123456789ab   busybox   web\n"
            "ba9876543210   é         db\n");
  EXPECT_EQ(Print("table", true), "CONTAINER ID   IMAGE     NAMES\n");
}

TEST(ListingTest, ATableTemplateChoosesColumns) {
  EXPECT_EQ(Print("table {{.Names}}\t{{.ID}}"),
            "NAMES     CONTAINER ID\n"
            "web       0123456789ab\n"
            "db        ba9876543210\n");
  EXPECT_EQ(Print("table{{upper .Names}}"), "NAMES\nWEB\nDB\n");
  EXPECT_EQ(Print("table {{truncate .Names 1}}x{{len .Names}}"),
            "NAMESx5\nwx3\ndx2\n");
}

TEST(ListingTest, LabelsAreLookedUp) {
  EXPECT_EQ(Print("{{.Label \"a.b-c\"}}"), "1\n\n");
  EXPECT_EQ(Print("table {{.Label \"a.b-c\"}}\\t{{.Names}}"),
            "b c       NAMES\n1         web\n          db\n");
  EXPECT_EQ(Print("{{.Label}}"),
            "failed to execute template: template: :1:2: executing \"\" at "
            "<.Label>: wrong number of args for Label: want 1 got 0");
}

TEST(ListingTest, ATemplateMakesALineAnItem) {
  EXPECT_EQ(Print("{{.Names}}"), "web\ndb\n");
  EXPECT_EQ(Print("a\\t{{.Names}}\\n"), "a\tweb\n\na\tdb\n\n");
}

TEST(ListingTest, MistakesAreToldEvenIfThereIsNothingToList) {
  EXPECT_EQ(Print("{{.Bogus}}", true),
            "failed to execute template: template: :1:2: executing \"\" at "
            "<.Bogus>: can't evaluate field Bogus in type listing");
  EXPECT_EQ(Print("{{"),
            "failed to parse template: template: :1: unclosed action");
}

TEST(ListingTest, JsonMakesAnObjectALine) {
  EXPECT_EQ(
      Print("json"),
      "{\"ID\":\"0123456789ab\",\"Image\":\"busybox\",\"Names\":\"web\"}\n"
      "{\"ID\":\"ba9876543210\",\"Image\":\"é\",\"Names\":\"db\"}\n");
}

}  // namespace
}  // namespace gantry::ctl
