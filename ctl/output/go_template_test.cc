#include "ctl/output/go_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gantry::ctl {
namespace {

using ::testing::HasSubstr;

Json Data() {
  return ParseJson(R"json({"Name": "/web",
      "State": {"Pid": 42, "Running": true},
      "Args": ["a", "b"], "Empty": [], "Nothing": null,
      "Nested": [[1, 2], {"x": "y"}],
      "Labels": {"x.y": "1", "b": "2"}})json")
      .value();
}

std::string Render(absl::string_view text) {
  const auto parsed = GoTemplate::Parse(text);
  if (!parsed.ok()) return std::string(parsed.status().message());
  const auto result = parsed->Execute(Data());
  return result.ok() ? *result : std::string(result.status().message());
}

TEST(GoTemplateTest, PrintsFields) {
  EXPECT_EQ(Render("{{.Name}}\t{{.State.Pid}}\n"), "/web\t42\n");
  EXPECT_EQ(Render("{{.Args}} {{.Labels}}"), "[a b] map[b:2 x.y:1]");
  EXPECT_EQ(Render("{{ .Nothing }}"), "<no value>");
  EXPECT_EQ(Render("{{(.State).Pid}}{{(index .Nested 1).x}}"), "42y");
}

TEST(GoTemplateTest, PrintsJson) {
  EXPECT_EQ(Render("{{json .State}}"), R"({"Pid":42,"Running":true})");
  EXPECT_EQ(Render("{{json .Name}}{{json .Nothing}}"), "\"/web\"null");
}

TEST(GoTemplateTest, IndexesMapsAndLists) {
  EXPECT_EQ(Render("{{index .Labels \"x.y\"}}{{index .Args 1}}"), "1b");
  EXPECT_EQ(Render("{{index .Nested 0 1}}{{index .Nested 1 \"x\"}}"), "2y");
  EXPECT_EQ(Render("{{index .Labels \"none\"}}"), "<no value>");
  EXPECT_EQ(Render("{{slice .Args 1}}{{slice .Name 1 3}}"), "[b]we");
}

TEST(GoTemplateTest, RangesOverListsAndMaps) {
  EXPECT_EQ(Render("{{range .Args}}<{{.}}>{{end}}"), "<a><b>");
  EXPECT_EQ(Render("{{range $i, $a := .Args}}{{$i}}={{$a}};{{end}}"),
            "0=a;1=b;");
  EXPECT_EQ(Render("{{range $k, $v := .Labels}}{{$k}}:{{$v}} {{end}}"),
            "b:2 x.y:1 ");
  EXPECT_EQ(Render("{{range .Empty}}x{{else}}none{{end}}"), "none");
  EXPECT_EQ(Render("{{range .Args}}{{$.Name}}{{end}}"), "/web/web");
  EXPECT_EQ(Render("{{range .Args}}{{.}}{{break}}{{end}}"), "a");
  EXPECT_EQ(Render("{{range .Args}}{{if eq . \"a\"}}{{continue}}{{end}}{{.}}"
                   "{{end}}"),
            "b");
}

TEST(GoTemplateTest, DecidesByIfAndWith) {
  EXPECT_EQ(Render("{{if .State.Running}}up{{else}}down{{end}}"), "up");
  EXPECT_EQ(
      Render("{{if .Empty}}a{{else if eq .State.Pid 42}}b{{else}}c{{end}}"),
      "b");
  EXPECT_EQ(Render("{{with .State}}{{.Pid}}{{end}}"), "42");
  EXPECT_EQ(Render("{{if and .State.Running (not .Empty)}}y{{end}}"), "y");
  EXPECT_EQ(Render("{{and 0 (index .Args 9)}}{{or .Name (index .Args 9)}}"),
            "0/web");
}

TEST(GoTemplateTest, VariablesEndWithTheirBlock) {
  EXPECT_EQ(Render("{{$x := 1}}{{if true}}{{$x = 2}}{{$y := 3}}{{$y}}{{end}}"
                   "{{$x}}"),
            "32");
  EXPECT_EQ(Render("{{$x := 1}}{{with $x := .Name}}{{$x}}{{end}}{{$x}}"),
            "/web1");
  EXPECT_EQ(Render("{{if true}}{{$y := 3}}{{end}}{{$y}}"),
            "template: :1: undefined variable \"$y\"");
}

TEST(GoTemplateTest, TemplatesAreDefinedAndCalled) {
  EXPECT_EQ(Render("{{define \"t\"}}[{{.}}]{{end}}{{template \"t\" .Name}}"),
            "[/web]");
  EXPECT_EQ(Render("{{block \"b\" .Name}}<{{.}}>{{end}}"), "</web>");
  EXPECT_THAT(Render("{{template \"none\"}}"), HasSubstr("not defined"));
  EXPECT_THAT(Render("{{define \"t\"}}{{template \"t\"}}{{end}}"
                     "{{template \"t\"}}"),
              HasSubstr("depth"));
}

TEST(GoTemplateTest, TrimsBlanksAndSkipsComments) {
  EXPECT_EQ(Render("a {{- .Name -}} b{{/* x */}}"), "a/webb");
  EXPECT_EQ(Render("a {{- /* x */ -}} b {{3 -}} 4"), "ab 34");
}

}  // namespace
}  // namespace gantry::ctl
