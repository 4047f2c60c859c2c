#include "services/runtime/spec/command_line.h"

#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::StatusIs;
using ::testing::ElementsAre;
using Words = std::vector<std::string>;

TEST(CommandLineTest, TakesTheImagesEntrypointAndCommand) {
  EXPECT_THAT(*ResolveCommandLine({"/init"}, {"serve"}, std::nullopt, {}),
              ElementsAre("/init", "serve"));
}

TEST(CommandLineTest, ACommandReplacesTheImagesCommandOnly) {
  EXPECT_THAT(*ResolveCommandLine({"/init"}, {"serve"}, std::nullopt, {"sh"}),
              ElementsAre("/init", "sh"));
}

TEST(CommandLineTest, AnEntrypointDropsTheImagesCommand) {
  EXPECT_THAT(*ResolveCommandLine({"/init"}, {"serve"}, Words{"ls"}, {}),
              ElementsAre("ls"));
  EXPECT_THAT(*ResolveCommandLine({"/init"}, {"serve"}, Words{"ls"}, {"-l"}),
              ElementsAre("ls", "-l"));
}

TEST(CommandLineTest, AnEmptyEntrypointIsNone) {
  EXPECT_THAT(*ResolveCommandLine({"/init"}, {"serve"}, Words{""}, {"sh"}),
              ElementsAre("sh"));
  EXPECT_THAT(*ResolveCommandLine({"/init"}, {"serve"}, Words{}, {"sh"}),
              ElementsAre("sh"));
}

TEST(CommandLineTest, RefusesToExecuteNothing) {
  EXPECT_THAT(ResolveCommandLine({}, {}, std::nullopt, {}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ResolveCommandLine({"/init"}, {"serve"}, Words{""}, {}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace gantry::runtime
