#include "ctl/output/template/go_printf.h"

#include <gtest/gtest.h>

namespace gantry::ctl {
namespace {

std::string Printf(absl::string_view format, std::vector<Json> args) {
  std::vector<GoValue> values;
  for (Json& arg : args) values.emplace_back(std::move(arg));
  return GoPrintf(format, values);
}

TEST(GoPrintfTest, IntegersHaveBasesSignsAndWidths) {
  EXPECT_EQ(Printf("%5d|%-5d|%05d|%x|%X|%o|%b|%c|%U|%+d",
                   {42, 42, 42, 42, 42, 42, 42, 65, 65, 7}),
            "   42|42   |00042|2a|2A|52|101010|A|U+0041|+7");
  EXPECT_EQ(Printf("%05d %#x % d %.3d", {-4, 255, 3, 7}), "-0004 0xff  3 007");
}

TEST(GoPrintfTest, FloatsHaveDigits) {
  EXPECT_EQ(
      Printf("%8.3f|%e|%g|%v|%6.2f%%", {3.14159, 1234.5, 0.1, 1e21, 99.5}),
      "   3.142|1.234500e+03|0.1|1e+21| 99.50%");
  EXPECT_EQ(Printf("%v %v %v", {2.0, -0.5, 1e-7}), "2 -0.5 1e-07");
}

TEST(GoPrintfTest, TextsAreQuotedCutAndPadded) {
  EXPECT_EQ(
      Printf("%-4s|%4s|%.2s|%q|%x|% X", {"a", "b", "abc", "a\"b", "hi", "hi"}),
      "a   |   b|ab|\"a\\\"b\"|6869|68 69");
  EXPECT_EQ(Printf("%-3s|%3s|", {"\xc3\xa9", "\xc3\xa9"}),
            "\xc3\xa9  |  \xc3\xa9|");
  EXPECT_EQ(Printf("%10.3s|", {"abcdef"}), "       abc|");
}

TEST(GoPrintfTest, ListsAndMapsArePrintedByElement) {
  EXPECT_EQ(Printf("%v %q %s", {Json{"a", "b"}, Json{"a", "b"},
                                Json{{"k", "v"}, {"a", "b"}}}),
            "[a b] [\"a\" \"b\"] map[a:b k:v]");
}

TEST(GoPrintfTest, PlusIsForSignsAndForNamesOfFields) {
  EXPECT_EQ(Printf("%+v %+d %+v", {Json{1, 2}, 3, 4.5}), "[1 2] +3 4.5");
}

TEST(GoPrintfTest, MistakesAreToldInTheText) {
  EXPECT_EQ(Printf("%d", {"x"}), "%!d(string=x)");
  EXPECT_EQ(Printf("%s", {3}), "%!s(int=3)");
  EXPECT_EQ(Printf("%s %v", {Json(), Json()}), "%!s(<nil>) <nil>");
  EXPECT_EQ(Printf("%d %d", {1}), "1 %!d(MISSING)");
  EXPECT_EQ(Printf("%d", {1, 2, "x"}), "1%!(EXTRA int=2, string=x)");
  EXPECT_EQ(Printf("%", {}), "%!(NOVERB)");
  EXPECT_EQ(Printf("%99999999d", {1}), "%!(BADWIDTH)1");
  EXPECT_EQ(Printf("%z", {1}), "%!z(int=1)");
}

TEST(GoPrintfTest, ArgumentsAreChosenByNumber) {
  EXPECT_EQ(Printf("%[2]s %[1]s", {"a", "b"}), "b a");
  EXPECT_EQ(Printf("%*d|%-*d|", {4, 1, 4, 2}), "   1|2   |");
  EXPECT_EQ(Printf("%[5]d", {1}), "%!d(BADINDEX)");
  EXPECT_EQ(Printf("%T %T", {1, "x"}), "int string");
}

}  // namespace
}  // namespace gantry::ctl
