#include "ctl/output/template/template_functions.h"

#include <gtest/gtest.h>

#include "ctl/output/go_template.h"

namespace gantry::ctl {
namespace {

std::string Render(absl::string_view text) {
  const auto parsed = GoTemplate::Parse(text);
  if (!parsed.ok()) return std::string(parsed.status().message());
  const auto result = parsed->Execute(Json::object());
  if (result.ok()) return *result;
  const std::string message(result.status().message());
  return message.substr(message.find(">: ") + 3);
}

TEST(TemplateFunctionsTest, TextsAreChanged) {
  EXPECT_EQ(Render("{{lower \"ABC\"}}{{upper \"abc\"}}"), "abcABC");
  EXPECT_EQ(Render("{{title \"hello world-foo\"}}"), "Hello World-Foo");
  EXPECT_EQ(Render("{{join (split \"a,b\" \",\") \"+\"}}"), "a+b");
  EXPECT_EQ(Render("{{split \"/web\" \"/\"}}"), "[ web]");
  EXPECT_EQ(Render("{{pad \"a\" 1 2}}|{{pad \"\" 1 2}}|"), " a  ||");
  EXPECT_EQ(Render("{{truncate \"abc\" 2}}{{truncate \"abc\" 9}}"), "ababc");
}

TEST(TemplateFunctionsTest, ThingsArePrinted) {
  EXPECT_EQ(Render("{{print 1 2}} {{print 1 \"a\" 2}}"), "1 2 1a2");
  EXPECT_EQ(Render("{{println 1 \"a\"}}"), "1 a\n");
  EXPECT_EQ(Render("{{html \"<a&'\\\">\"}}"), "&lt;a&amp;&#39;&#34;&gt;");
  EXPECT_EQ(Render("{{js \"it's\\n<>\"}}"), "it\\'s\\u000A\\u003C\\u003E");
  EXPECT_EQ(Render("{{urlquery \"a/b c\" 1}}"), "a%2Fb+c1");
  EXPECT_EQ(Render("{{json \"<&>\"}}{{json nil}}"), "\"<&>\"null");
}

TEST(TemplateFunctionsTest, ValuesAreCompared) {
  EXPECT_EQ(Render("{{eq 1 2 3 1}}{{ne 1 2}}{{eq nil nil}}"), "truetruetrue");
  EXPECT_EQ(Render("{{lt \"a\" \"b\"}}{{le 2 2}}{{gt 1.5 2.5}}{{ge 3 2}}"),
            "truetruefalsetrue");
  EXPECT_EQ(Render("{{eq \"a\" 1}}"),
            "error calling eq: incompatible types for comparison");
  EXPECT_EQ(Render("{{lt true false}}"),
            "error calling lt: invalid type for comparison");
  EXPECT_EQ(Render("{{eq 1}}"),
            "error calling eq: missing argument for comparison");
}

TEST(TemplateFunctionsTest, LengthsAndPartsAreTaken) {
  EXPECT_EQ(Render("{{len \"h\xc3\xa9\"}}{{slice \"hello\" 2 4}}"), "3ll");
  EXPECT_EQ(Render("{{slice \"hello\" 9}}"),
            "error calling slice: index out of range: 9");
  EXPECT_EQ(Render("{{slice \"hello\" 3 2}}"),
            "error calling slice: invalid slice index: 3 > 2");
  EXPECT_EQ(Render("{{index nil 1}}"),
            "error calling index: index of untyped nil");
  EXPECT_EQ(Render("{{len 3}}"), "error calling len: len of type int");
  EXPECT_EQ(Render("{{call 3}}"),
            "error calling call: non-function of type int");
}

TEST(TemplateFunctionsTest, HugePaddingIsRefused) {
  EXPECT_EQ(Render("{{pad \"a\" 100000000 0}}"),
            "error calling pad: padding must be 0 to 10000");
}

}  // namespace
}  // namespace gantry::ctl
