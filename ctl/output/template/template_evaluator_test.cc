#include "ctl/output/template/template_evaluator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "ctl/output/template/template_parser.h"

namespace gantry::ctl {
namespace {

using ::testing::HasSubstr;

Json Data() {
  return ParseJson(R"json({"Name": "/web", "Args": ["a", "b"],
      "State": {"Pid": 42, "Running": true}})json")
      .value();
}

std::string Render(absl::string_view text, const GoValue& data,
                   MissingKey missing_key = MissingKey::kError) {
  const auto tree = TemplateParser::Parse(text, "");
  EvaluatorOptions options;
  options.missing_key = missing_key;
  const auto result = TemplateEvaluator(*tree, options).Run(data);
  return result.ok() ? *result : std::string(result.status().message());
}

TEST(TemplateEvaluatorTest, TypedDataHaveFieldsOfOtherNamesAndZeroValues) {
  const GoTypePtr health = NewPointerType(
      NewStructType("Health", {{"Status", "Status", GoType::String()}}));
  const GoTypePtr type =
      NewStructType("thing", {{"ID", "Id", GoType::String()},
                              {"Binds", "Binds", GoType::Strings()},
                              {"Health", "Health", health},
                              {"Labels", "Labels", GoType::StringMap()}});
  const Json data = {{"Id", "1"}, {"Binds", Json()}};
  const auto render = [&](absl::string_view text) {
    return Render(text, GoValue(data, type), MissingKey::kNoValue);
  };
  EXPECT_EQ(render("{{.ID}}{{.Binds}}{{.Health}}{{.Labels.x}}"),
            "1[]<nil><no value>");
  EXPECT_EQ(render("{{.}}"), "{1 [] <nil> map[]}");
  EXPECT_EQ(render("{{index .Labels \"x\"}}|{{if .Health}}h{{end}}"), "|");
  EXPECT_EQ(render("{{.Id}}"),
            "template: :1:2: executing \"\" at <.Id>: can't evaluate field Id "
            "in type thing");
  EXPECT_EQ(render("{{.Health.Status}}"),
            "template: :1:9: executing \"\" at <.Health.Status>: nil pointer "
            "evaluating *Health.Status");
}

TEST(TemplateEvaluatorTest, RawNumbersAreTexts) {
  EXPECT_EQ(Render("{{eq .State.Pid \"42\"}}", GoValue(Data(), GoType::Raw())),
            "true");
}

TEST(TemplateEvaluatorTest, MistakesAreToldWithTheirPlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"{{.Bogus}}",
       "1:2: executing \"\" at <.Bogus>: map has no entry for "
       "key \"Bogus\""},
      {"x\n{{.Name.Foo}}",
       "2:7: executing \"\" at <.Name.Foo>: can't "
       "evaluate field Foo in type string"},
      {"{{index .Args 5}}",
       "1:2: executing \"\" at <index .Args 5>: error "
       "calling index: index out of range: 5"},
      {"{{len}}",
       "1:2: executing \"\" at <len>: wrong number of args for "
       "len: want 1 got 0"},
      {"{{nil}}", "1:2: executing \"\" at <nil>: nil is not a command"},
      {"{{1 2}}",
       "1:2: executing \"\" at <1>: can't give argument to "
       "non-function 1"},
      {"{{range .Name}}{{end}}",
       "1:8: executing \"\" at <.Name>: range can't "
       "iterate over /web"},
      {"{{upper .State.Pid}}",
       "1:14: executing \"\" at <.State.Pid>: wrong "
       "type for value; expected string; got int"},
      {"{{.Name | .State}}",
       "1:10: executing \"\" at <.State>: State is not "
       "a method but has arguments"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_EQ(Render(text, GoValue(Data())),
              absl::StrCat("template: :", message))
        << text;
  }
}

TEST(TemplateEvaluatorTest, HeadingsStayAsTheyAre) {
  EvaluatorOptions options;
  options.is_heading = true;
  const auto tree = TemplateParser::Parse("{{lower .Name}} {{len .Name}}", "");
  EXPECT_EQ(TemplateEvaluator(*tree, options)
                .Run(GoValue(Json{{"Name", "NAMES"}}))
                .value(),
            "NAMES 5");
}

TEST(TemplateEvaluatorTest, TheTextHasALimit) {
  const std::string half(size_t{9} << 20, 'x');
  EXPECT_THAT(Render("{{.}}{{.}}", GoValue(Json(half))),
              HasSubstr("larger than 16 MiB"));
}

}  // namespace
}  // namespace gantry::ctl
