#include "services/runtime/oci_runtime/oci_error.h"

#include <gtest/gtest.h>

#include "common/status/error.h"
#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::StatusIs;

std::string Reason(absl::string_view log) {
  const absl::Status status = OciError("create", log, "", "exit code 1");
  const auto reason = ReasonOf(status);
  return reason.has_value() ? reason->reason : "";
}

TEST(OciErrorTest, CrunsMissingCommandIsNotFound) {
  EXPECT_EQ(
      Reason(
          R"({"msg":"executable file `nope` not found in $PATH: No such file or directory","level":"error","time":"x"})"),
      "COMMAND_NOT_FOUND");
}

TEST(OciErrorTest, CrunsForbiddenCommandIsNotExecutable) {
  EXPECT_EQ(
      Reason(R"({"msg":"open executable: Permission denied","level":"error"})"),
      "COMMAND_NOT_EXECUTABLE");
  EXPECT_EQ(
      Reason(
          R"({"msg":"open executable: Operation not permitted","level":"error"})"),
      "COMMAND_NOT_EXECUTABLE");
}

TEST(OciErrorTest, AWorkingDirectoryThatIsMissingIsNotExecutable) {
  EXPECT_EQ(
      Reason(
          R"({"msg":"chdir `/nope`: No such file or directory","level":"error"})"),
      "COMMAND_NOT_EXECUTABLE");
}

TEST(OciErrorTest, RuncsErrorsAreKnownToo) {
  EXPECT_EQ(
      Reason(
          R"({"level":"error","msg":"runc run failed: unable to start container process: exec: \"/nope\": stat /nope: no such file or directory"})"),
      "COMMAND_NOT_FOUND");
  EXPECT_EQ(
      Reason(
          R"({"level":"error","msg":"runc run failed: unable to start container process: exec: \"/x\": permission denied"})"),
      "COMMAND_NOT_EXECUTABLE");
}

TEST(OciErrorTest, MissingFilesOfOtherKindsAreNotTheCommand) {
  const absl::Status status = OciError(
      "create",
      R"({"msg":"mount /x: No such file or directory","level":"error"})", "",
      "exit code 1");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInternal));
  EXPECT_EQ(status.message(),
            "the OCI runtime could not create the container: mount /x: No such "
            "file or directory");
}

TEST(OciErrorTest, TheLastErrorCountsAndIsOneLine) {
  const absl::Status status =
      OciError("start",
               "{\"msg\":\"first\",\"level\":\"error\"}\n"
               "{\"msg\":\"two\\nlines\",\"level\":\"error\"}\n"
               "{\"msg\":\"later\",\"level\":\"warning\"}\nnot json\n",
               "", "");
  EXPECT_EQ(status.message(),
            "the OCI runtime could not start the container: two lines");
}

TEST(OciErrorTest, WithoutALogItsOutputSpeaks) {
  EXPECT_EQ(OciError("start", "", "a\nb\n", "exit code 1").message(),
            "the OCI runtime could not start the container: b");
  EXPECT_EQ(OciError("start", "", "", "exit code 1").message(),
            "the OCI runtime could not start the container: exit code 1");
}

}  // namespace
}  // namespace gantry::runtime
