#include "ctl/output/template/template_lexer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gantry::ctl {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Texts(absl::string_view text) {
  std::vector<std::string> texts;
  const auto tokens = TemplateLexer(text).Scan();
  for (const Token& token : *tokens) {
    if (token.kind != Token::Kind::kSpace) texts.push_back(token.text);
  }
  return texts;
}

TEST(TemplateLexerTest, ActionsAreTakenApart) {
  EXPECT_THAT(Texts("a{{ $x := .A.B | f \"}}\" -3 }}b"),
              ElementsAre("a", "{{", "$x", ":=", ".A", ".B", "|", "f", "\"}}\"",
                          "-3", "}}", "b", ""));
}

TEST(TemplateLexerTest, BlanksAreTrimmedWhereTheActionSaysSo) {
  EXPECT_THAT(Texts("a \n {{- 1 -}} \n b"),
              ElementsAre("a", "{{", "1", " -}}", "b", ""));
  EXPECT_THAT(Texts("a {{/* {{ */}} b"), ElementsAre("a ", " b", ""));
}

TEST(TemplateLexerTest, PositionsAreBytesOfTheTemplate) {
  const auto tokens = TemplateLexer("ab{{.X}}").Scan();
  EXPECT_EQ((*tokens)[2].kind, Token::Kind::kField);
  EXPECT_EQ((*tokens)[2].position, 4u);
}

TEST(TemplateLexerTest, TheLineOfAMistakeIsKnown) {
  TemplateLexer lexer("a\nb\n{{\"x");
  EXPECT_FALSE(lexer.Scan().ok());
  EXPECT_EQ(lexer.line(), 3);
}

}  // namespace
}  // namespace gantry::ctl
