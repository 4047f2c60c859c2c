#include "ctl/output/template/template_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace gantry::ctl {
namespace {

using ::testing::HasSubstr;

std::string Complaint(absl::string_view text) {
  return std::string(TemplateParser::Parse(text, "").status().message());
}

TEST(TemplateParserTest, MistakesAreToldWithTheirLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"{{.Name", "1: unclosed action"},
      {"a\n{{", "2: unclosed action"},
      {"{{bogus .}}", "1: function \"bogus\" not defined"},
      {"{{if .Name}}", "1: unexpected EOF"},
      {"{{end}}", "1: unexpected {{end}}"},
      {"{{else}}", "1: unexpected {{else}}"},
      {"{{}}", "1: missing value for command"},
      {"{{if}}", "1: missing value for if"},
      {"{{.Name}", "1: bad character U+007D '}'"},
      {"{{\"abc}}", "1: unterminated quoted string"},
      {"{{#}}", "1: unexpected \"#\" in command"},
      {"{{)}}", "1: unexpected \")\" in command"},
      {"{{(.Name}}", "1: unclosed left paren"},
      {"{{1a}}", "1: bad number syntax: \"1a\""},
      {"{{-.Name}}", "1: bad number syntax: \"-.Name\""},
      {"{{\"a\" | 3}}", "1: non executable command in pipeline stage 2"},
      {"{{$x, $y := 1}}", "1: too many declarations in command"},
      {"{{\"\\z\"}}", "1: invalid syntax"},
      {"x{{/* a */ }}", "1: comment ends before closing delimiter"},
      {"{{/* a }}", "1: unclosed comment"},
      {"{{break}}", "1: {{break}} outside {{range}}"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_EQ(Complaint(text), absl::StrCat("template: :", message)) << text;
  }
}

TEST(TemplateParserTest, APipeAtTheEndIsLetPass) {
  EXPECT_EQ(Complaint("{{.A | len |}}{{print.Field}}"), "");
  EXPECT_EQ(Complaint("{{.A | | len}}"),
            "template: :1: unexpected \"|\" in command");
}

TEST(TemplateParserTest, TheNameOfTheTemplateIsTold) {
  EXPECT_EQ(TemplateParser::Parse("{{", "version").status().message(),
            "template: version:1: unclosed action");
}

TEST(TemplateParserTest, NestingHasALimit) {
  const std::string open(5000, '(');
  EXPECT_THAT(
      Complaint(absl::StrCat("{{", open, "1", std::string(5000, ')'), "}}")),
      HasSubstr("too deeply nested"));
  std::string ifs;
  for (int i = 0; i < 5000; ++i) ifs += "{{if 1}}";
  EXPECT_THAT(Complaint(ifs), HasSubstr("too deeply nested"));
  std::string elses = "{{if 0}}";
  for (int i = 0; i < 5000; ++i) elses += "{{else if 0}}";
  EXPECT_THAT(Complaint(elses), HasSubstr("too deeply nested"));
}

TEST(TemplateParserTest, TextsOfTheTreeAreWrittenAnew) {
  const auto tree = TemplateParser::Parse(
      "{{ $x  :=  index  .A.B   `k`|len }}{{ ( print 1 ).C }}", "");
  ASSERT_TRUE(tree.ok());
  EXPECT_EQ(tree->nodes[0].pipeline.text, "$x := index .A.B `k` | len");
  EXPECT_EQ(tree->nodes[1].pipeline.text, "(print 1).C");
}

}  // namespace
}  // namespace gantry::ctl
