#include "services/runtime/launcher/launch_error.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "common/status/error.h"

namespace gantry::runtime {
namespace {

std::string ReasonFor(LaunchStep step, int error) {
  const auto reason = ReasonOf(ToStatus({step, error}, "prog", "/dir"));
  return reason.has_value() ? reason->reason : "";
}

TEST(LaunchErrorTest, CommandsHaveTheirReasons) {
  EXPECT_EQ(ReasonFor(LaunchStep::kFindProgram, ENOENT), "COMMAND_NOT_FOUND");
  EXPECT_EQ(ReasonFor(LaunchStep::kExecute, ENOENT), "COMMAND_NOT_FOUND");
  EXPECT_EQ(ReasonFor(LaunchStep::kExecute, EACCES), "COMMAND_NOT_EXECUTABLE");
  EXPECT_EQ(ReasonFor(LaunchStep::kExecute, ENOEXEC), "COMMAND_NOT_EXECUTABLE");
  EXPECT_EQ(ReasonFor(LaunchStep::kWorkingDirectory, ENOENT),
            "COMMAND_NOT_EXECUTABLE");
}

TEST(LaunchErrorTest, OtherStepsAreNamed) {
  const absl::Status status =
      ToStatus({LaunchStep::kSeccomp, EINVAL}, "prog", "/dir");
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_NE(status.message().find("load the seccomp program: Invalid argument"),
            absl::string_view::npos);
}

}  // namespace
}  // namespace gantry::runtime
