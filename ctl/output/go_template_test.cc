#include "ctl/output/go_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gantry::ctl {
namespace {

Json Data() {
  return ParseJson(R"json({"Name": "/web",
      "State": {"Pid": 42, "Running": true},
      "Args": ["a", "b"], "Empty": [], "Nothing": null,
      "Labels": {"x.y": "1", "b": "2"}, "Label()": {"x.y": "1"}})json")
      .value();
}

std::string Render(absl::string_view text) {
  const auto parsed = GoTemplate::Parse(text);
  if (!parsed.ok()) return std::string(parsed.status().message());
  const auto result = parsed->Execute(Data());
  return result.ok() ? *result : std::string(result.status().message());
}

TEST(GoTemplateTest, PrintsFields) {
  EXPECT_EQ(Render("{{.Name}}\\t{{.State.Pid}}\\n"), "/web\t42\n");
  EXPECT_EQ(Render("{{.Args}} {{.Labels}}"), "[a b] map[b:2 x.y:1]");
  EXPECT_EQ(Render("{{ .Nothing }}"), "<no value>");
}

TEST(GoTemplateTest, PrintsJson) {
  EXPECT_EQ(Render("{{json .State}}"), R"({"Pid":42,"Running":true})");
  EXPECT_EQ(Render("{{json .Name}}{{json .Nothing}}"), "\"/web\"null");
  EXPECT_THAT(Render("{{json .}}"), ::testing::Not(::testing::HasSubstr("()")));
}

TEST(GoTemplateTest, IndexesMapsAndLists) {
  EXPECT_EQ(Render("{{index .Labels \"x.y\"}}{{index .Args 1}}"), "1b");
  EXPECT_EQ(Render("{{.Label \"x.y\"}}"), "1");
  EXPECT_EQ(Render("{{index .Labels \"none\"}}"), "");
}

TEST(GoTemplateTest, RangesOverListsAndMaps) {
  EXPECT_EQ(Render("{{range .Args}}<{{.}}>{{end}}"), "<a><b>");
  EXPECT_EQ(Render("{{range $i, $a := .Args}}{{$i}}={{$a}};{{end}}"),
            "0=a;1=b;");
  EXPECT_EQ(Render("{{range $k, $v := .Labels}}{{$k}}:{{$v}} {{end}}"),
            "b:2 x.y:1 ");
  EXPECT_EQ(Render("{{range .Empty}}x{{else}}none{{end}}"), "none");
  EXPECT_EQ(Render("{{range .Args}}{{$.Name}}{{end}}"), "/web/web");
}

TEST(GoTemplateTest, DecidesByIfAndWith) {
  EXPECT_EQ(Render("{{if .State.Running}}up{{else}}down{{end}}"), "up");
  EXPECT_EQ(
      Render("{{if .Empty}}a{{else if eq .State.Pid 42}}b{{else}}c{{end}}"),
      "b");
  EXPECT_EQ(Render("{{with .State}}{{.Pid}}{{end}}"), "42");
  EXPECT_EQ(Render("{{if and .State.Running (not .Empty)}}y{{end}}"), "y");
}

TEST(GoTemplateTest, CallsFunctions) {
  EXPECT_EQ(Render("{{len .Args}}{{.Name | upper}}"), "2/WEB");
  EXPECT_EQ(
      Render("{{printf \"%s-%05d|%-4s|%q\" .Name .State.Pid \"a\" \"b\"}}"),
      "/web-00042|a   |\"b\"");
  EXPECT_EQ(Render("{{println .Name}}{{join .Args \",\"}}"), "/web\na,b");
}

TEST(GoTemplateTest, TrimsBlanksAndSkipsComments) {
  EXPECT_EQ(Render("a {{- .Name -}} b{{/* x */}}"), "a/webb");
}

TEST(GoTemplateTest, SaysWhatIsWrong) {
  EXPECT_THAT(Render("{{.Bogus}}"), ::testing::HasSubstr("\"Bogus\""));
  EXPECT_THAT(Render("{{.Name"), ::testing::HasSubstr("unclosed action"));
  EXPECT_THAT(Render("{{bogus .}}"),
              ::testing::HasSubstr("function \"bogus\" not defined"));
  EXPECT_THAT(Render("{{if .Name}}"), ::testing::HasSubstr("unexpected EOF"));
  EXPECT_THAT(Render("{{end}}"), ::testing::HasSubstr("unexpected {{end}}"));
  EXPECT_THAT(Render("{{}}"), ::testing::HasSubstr("missing value"));
}

}  // namespace
}  // namespace gantry::ctl
