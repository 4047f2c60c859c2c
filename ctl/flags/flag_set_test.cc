#include "ctl/flags/flag_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gantry::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<FlagSpec> RunFlags() {
  return {
      {'d', "detach", FlagKind::kBool, "Run in background"},
      {'\0', "rm", FlagKind::kBool, "Remove"},
      {'q', "quiet", FlagKind::kBool, "Quiet"},
      {'e', "env", FlagKind::kList, "Set environment variables"},
      {'\0', "name", FlagKind::kString, "Name"},
      {'\0', "entrypoint", FlagKind::kString, "Entrypoint"},
      {'n', "tail", FlagKind::kInt, "Lines"},
      {'i', "interactive", FlagKind::kBool, "", "-i cannot be had"},
      {'p', "publish", FlagKind::kList, "", "-p cannot be had"},
  };
}

absl::StatusOr<ParsedFlags> ParseRun(std::vector<std::string> arguments) {
  return ParseFlags(RunFlags(), arguments, ArgumentOrder::kFlagsFirst);
}

absl::StatusOr<ParsedFlags> ParseAny(std::vector<std::string> arguments) {
  return ParseFlags(RunFlags(), arguments, ArgumentOrder::kAny);
}

std::string ErrorOf(const absl::StatusOr<ParsedFlags>& result) {
  return std::string(result.status().message());
}

TEST(FlagSetTest, AListTakesOneValueEachTime) {
  const auto flags =
      ParseRun({"-e", "A=1", "-eB=2", "--env=C=3", "img", "cmd"});
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_THAT(flags->List("env"), ElementsAre("A=1", "B=2", "C=3"));
  EXPECT_THAT(flags->arguments(), ElementsAre("img", "cmd"));
}

TEST(FlagSetTest, ValuesThatCli11TreatsSpeciallyAreKept) {
  const auto flags =
      ParseRun({"-e", "[a,b]", "-e", "-x", "-e=K=V", "-e", "", "-e", "{}", "-e",
                "--", "--name=", "--entrypoint", "", "i"});
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_THAT(flags->List("env"),
              ElementsAre("[a,b]", "-x", "K=V", "", "{}", "--"));
  EXPECT_TRUE(flags->IsSet("name"));
  EXPECT_EQ(flags->String("name"), "");
  EXPECT_TRUE(flags->IsSet("entrypoint"));
  EXPECT_THAT(flags->arguments(), ElementsAre("i"));
}

TEST(FlagSetTest, TheFirstArgumentEndsTheFlags) {
  const auto flags = ParseRun(
      {"--rm", "img", "ls", "-l", "--name=", "-e=", "--", "-e", "--rm=false"});
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_TRUE(flags->Bool("rm"));
  EXPECT_THAT(flags->arguments(), ElementsAre("img", "ls", "-l", "--name=",
                                              "-e=", "--", "-e", "--rm=false"));
}

TEST(FlagSetTest, TwoDashesEndTheFlags) {
  const auto run = ParseRun({"-d", "--", "img", "-x"});
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_THAT(run->arguments(), ElementsAre("img", "-x"));
  const auto any = ParseAny({"a", "-q", "--", "-x"});
  ASSERT_TRUE(any.ok()) << any.status();
  EXPECT_TRUE(any->Bool("quiet"));
  EXPECT_THAT(any->arguments(), ElementsAre("a", "-x"));
}

TEST(FlagSetTest, FlagsMayFollowArguments) {
  const auto flags = ParseAny({"a", "-n", "-1", "b", "-dq"});
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_EQ(flags->Int("tail", 5), -1);
  EXPECT_TRUE(flags->Bool("detach"));
  EXPECT_TRUE(flags->Bool("quiet"));
  EXPECT_THAT(flags->arguments(), ElementsAre("a", "b"));
}

TEST(FlagSetTest, ABooleanMayHaveAValue) {
  const auto flags = ParseRun({"--rm=false", "--detach=true", "img"});
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_FALSE(flags->Bool("rm"));
  EXPECT_TRUE(flags->Bool("detach"));
  EXPECT_THAT(ErrorOf(ParseRun({"--rm=x", "img"})),
              HasSubstr("invalid argument \"x\" for \"--rm\" flag"));
}

TEST(FlagSetTest, UnknownFlagsAreNamed) {
  EXPECT_EQ(ErrorOf(ParseRun({"--bogus=1", "img"})), "unknown flag: --bogus");
  EXPECT_EQ(ErrorOf(ParseAny({"a", "-z"})),
            "unknown shorthand flag: 'z' in -z");
}

TEST(FlagSetTest, AMissingValueIsNamed) {
  EXPECT_EQ(ErrorOf(ParseRun({"--name"})), "flag needs an argument: --name");
  EXPECT_EQ(ErrorOf(ParseRun({"-e"})), "flag needs an argument: 'e' in -e");
  EXPECT_THAT(ErrorOf(ParseAny({"-n", "abc"})),
              HasSubstr("invalid argument \"abc\" for \"-n, --tail\" flag"));
}

TEST(FlagSetTest, ARefusedFlagSaysWhy) {
  EXPECT_EQ(ParseRun({"-id", "img"}).status().code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(ErrorOf(ParseRun({"-p80:80", "img"})), "-p cannot be had");
  EXPECT_TRUE(ParseRun({"--interactive=false", "img"}).ok());
}

TEST(FlagSetTest, HelpIsAlwaysKnown) {
  const auto flags = ParseRun({"--help"});
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_TRUE(flags->Bool("help"));
  EXPECT_THAT(
      DescribeFlags(RunFlags()),
      HasSubstr("  -e, --env list            Set environment variables"));
  EXPECT_THAT(DescribeFlags(RunFlags()), Not(HasSubstr("publish")));
}

}  // namespace
}  // namespace gantry::ctl
