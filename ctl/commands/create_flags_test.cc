#include "ctl/commands/create_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"

namespace gantry::ctl {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Words = std::vector<std::string>;

ParsedFlags Parsed(Words words) {
  std::vector<FlagSpec> specs = CreateFlags();
  specs.push_back({'d', "detach", FlagKind::kBool, ""});
  words.push_back("image");
  auto flags = ParseFlags(specs, words, ArgumentOrder::kFlagsFirst);
  EXPECT_THAT(flags, IsOk());
  return flags.ok() ? *flags : ParsedFlags();
}

struct Case {
  Words words;
  // In text form, without the image.
  std::string spec;
};

class SpecFromFlagsTest : public ::testing::TestWithParam<Case> {};

TEST_P(SpecFromFlagsTest, DescribesTheContainer) {
  auto spec = SpecFromFlags(Parsed(GetParam().words));
  ASSERT_THAT(spec, IsOk());
  EXPECT_EQ(spec->image(), "image");
  spec->clear_image();
  const std::string text = spec->ShortDebugString();
  EXPECT_EQ(text, GetParam().spec);
}

INSTANTIATE_TEST_SUITE_P(
    Flags, SpecFromFlagsTest,
    ::testing::Values(
        Case{{}, ""},
        Case{{"-e", "A=1", "--env=B="}, R"(env: "A=1" env: "B=")"},
        Case{{"-w", "/x", "-u", "1:2", "-h", "name"},
             R"(working_dir: "/x" user: "1:2" hostname: "name")"},
        Case{{"--entrypoint", "sh"}, R"(entrypoint { args: "sh" })"},
        Case{{"--entrypoint", ""}, "entrypoint { }"},
        Case{{"-l", "a=b"}, R"(labels { key: "a" value: "b" })"},
        Case{{"-l", "a"}, R"(labels { key: "a" value: "" })"},
        Case{{"--rm", "--runtime", "runc"},
             R"(runtime: "runc" auto_remove: true)"},
        Case{{"--stop-signal", "INT", "--stop-timeout=3"},
             R"(stop_signal: "INT" stop_timeout { seconds: 3 })"},
        Case{{"--network", "none"}, R"(network: "none")"},
        Case{{"--net=host"}, R"(network: "host")"},
        Case{{"--network", "default"}, ""}, Case{{"-t"}, "tty: true"},
        Case{{"-i"}, "open_stdin: true stdin_once: true"},
        Case{{"-it"}, "tty: true open_stdin: true stdin_once: true"},
        Case{{"-dit"}, "tty: true open_stdin: true"},
        Case{{"-i", "-a", "stdout"}, "open_stdin: true"},
        Case{{"--read-only", "--init"}, "read_only_rootfs: true init: true"},
        Case{{"-v", "/a:/b", "-v=/c:/d:ro"},
             R"(mounts { source: "/a" target: "/b" create_source: true } )"
             R"(mounts { source: "/c" target: "/d" read_only: true )"
             R"(create_source: true })"},
        Case{{"--mount", "type=bind,src=/a,dst=/b"},
             R"(mounts { source: "/a" target: "/b" })"}));

TEST(SpecFromFlagsTest, ArgumentsAfterTheImageAreTheCommand) {
  const auto flags = ParseFlags(CreateFlags(), {"-i", "image", "ls", "-i"},
                                ArgumentOrder::kFlagsFirst);
  ASSERT_THAT(flags, IsOk());
  EXPECT_THAT(SpecFromFlags(*flags)->command(), ElementsAre("ls", "-i"));
}

TEST(SpecFromFlagsTest, MalformedValuesAreRefused) {
  for (const Words& words :
       {Words{"-e", "=1"}, Words{"-a", "all"}, Words{"-v", "/a:b"},
        Words{"--mount", "type=bind"}, Words{"--env-file", "/nonexistent/x"},
        Words{"-v", "/a:/x", "-v", "/b:/x/"}}) {
    const auto spec = SpecFromFlags(Parsed(words));
    EXPECT_FALSE(spec.ok()) << words[1];
    EXPECT_FALSE(absl::IsUnimplemented(spec.status())) << words[1];
  }
  EXPECT_EQ(
      SpecFromFlags(Parsed({"-v", "/a:/x", "-v", "/b:/x/"})).status().message(),
      "Duplicate mount point: /x");
}

TEST(SpecFromFlagsTest, WhatCannotBeHadSaysSo) {
  for (const Words& words :
       {Words{"--network", "bridge"}, Words{"-v", "name:/b"},
        Words{"--mount", "type=tmpfs,dst=/x"}}) {
    EXPECT_THAT(SpecFromFlags(Parsed(words)),
                StatusIs(absl::StatusCode::kUnimplemented))
        << words[1];
  }
  for (const Words& words :
       {Words{"-p", "80:80", "image"}, Words{"-m", "1g", "image"},
        Words{"--privileged", "image"}, Words{"--tmpfs", "/x", "image"}}) {
    const auto flags =
        ParseFlags(CreateFlags(), words, ArgumentOrder::kFlagsFirst);
    EXPECT_THAT(flags, StatusIs(absl::StatusCode::kUnimplemented));
    EXPECT_THAT(std::string(flags.status().message()),
                HasSubstr("is not available in this version: "));
  }
}

std::string Streams(const Words& words) {
  const auto streams = AttachedStreamsFromFlags(Parsed(words));
  EXPECT_THAT(streams, IsOk());
  return std::string(streams->input ? "i" : "") + (streams->output ? "o" : "") +
         (streams->error ? "e" : "");
}

TEST(AttachedStreamsTest, AreThoseThatAreAskedFor) {
  EXPECT_EQ(Streams({}), "oe");
  EXPECT_EQ(Streams({"-i"}), "ioe");
  EXPECT_EQ(Streams({"-a", "STDOUT"}), "o");
  EXPECT_EQ(Streams({"-i", "-a", "stdin", "-a", "stderr"}), "ie");
  EXPECT_EQ(Streams({"-a", "stdin"}), "");
}

TEST(PullWhenTest, IsOneOfThree) {
  EXPECT_EQ(*PullWhenFromFlags(Parsed({})), PullWhen::kMissing);
  EXPECT_EQ(*PullWhenFromFlags(Parsed({"--pull", "never"})), PullWhen::kNever);
  EXPECT_EQ(*PullWhenFromFlags(Parsed({"--pull=always"})), PullWhen::kAlways);
  EXPECT_THAT(PullWhenFromFlags(Parsed({"--pull", "x"})),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace gantry::ctl
