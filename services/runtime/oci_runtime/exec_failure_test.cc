#include "services/runtime/oci_runtime/exec_failure.h"

#include <gtest/gtest.h>

namespace gantry::runtime {
namespace {

TEST(ExecFailureTest, AFileThatIsNoProgramIs126) {
  const auto failure = ParseExecFailure(
      R"({"msg":"exec container process `/x`: Exec format error","level":"error","time":"t"})"
      "\n");
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->message, "exec `/x`: Exec format error\n");
  EXPECT_EQ(failure->exit_code, 126);
}

TEST(ExecFailureTest, AMissingInterpreterIs127) {
  const auto failure = ParseExecFailure(
      R"({"msg":"exec container process `/x`: No such file or directory","level":"error"})"
      "\n");
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->exit_code, 127);
}

TEST(ExecFailureTest, OtherOutputIsNone) {
  EXPECT_FALSE(ParseExecFailure("").has_value());
  EXPECT_FALSE(ParseExecFailure("hello\n").has_value());
  EXPECT_FALSE(ParseExecFailure(R"({"msg":"exec container process x"} and more)"
                                "\n")
                   .has_value());
  EXPECT_FALSE(ParseExecFailure("{\"msg\":\"exec container process x\"}\n"
                                "{\"msg\":\"two\"}\n")
                   .has_value());
}

}  // namespace
}  // namespace gantry::runtime
