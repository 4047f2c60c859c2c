#include "services/runtime/spec/seccomp_compiler.h"

#include <gtest/gtest.h>

#include <iterator>
#include <set>

#include "common/testing/status_matchers.h"
#include "services/runtime/spec/capabilities.h"
#include "services/runtime/spec/seccomp_profile.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

constexpr size_t kInstructionBytes = 8;

Json Profile(const char* text) { return ParseJson(text).value(); }

TEST(SeccompCompilerTest, CompilesTheDefaultProfile) {
  const auto program = CompileSeccomp(SeccompProfile(
      {std::begin(kDefaultCapabilities), std::end(kDefaultCapabilities)}));
  ASSERT_THAT(program, IsOk());
  EXPECT_EQ(program->size() % kInstructionBytes, 0u);
  EXPECT_GT(program->size() / kInstructionBytes, 300u);
  // What the kernel takes.
  EXPECT_LE(program->size() / kInstructionBytes, 4096u);
}

TEST(SeccompCompilerTest, LeavesUnknownSystemCallsOut) {
  EXPECT_THAT(CompileSeccomp(Profile(
                  R"({"defaultAction":"SCMP_ACT_ERRNO","syscalls":[)"
                  R"({"names":["nonsense"],"action":"SCMP_ACT_ALLOW"}]})")),
              IsOk());
}

TEST(SeccompCompilerTest, SeveralConditionsOnOneArgumentAreAlternatives) {
  const auto program = CompileSeccomp(
      Profile(R"({"defaultAction":"SCMP_ACT_ERRNO","syscalls":[)"
              R"({"names":["personality"],"action":"SCMP_ACT_ALLOW","args":[)"
              R"({"index":0,"value":0,"op":"SCMP_CMP_EQ"},)"
              R"({"index":0,"value":8,"op":"SCMP_CMP_EQ"}]}]})"));
  EXPECT_THAT(program, IsOk());
}

TEST(SeccompCompilerTest, RefusesWhatItDoesNotKnow) {
  for (
      const char* text :
      {R"({"defaultAction":"SCMP_ACT_NOTHING","syscalls":[]})",
       R"({"defaultAction":"SCMP_ACT_ALLOW","architectures":["x"],"syscalls":[]})",
       R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mount"],)"
       R"("action":"SCMP_ACT_ERRNO","args":[{"index":0,"op":"x"}]}]})"}) {
    EXPECT_THAT(CompileSeccomp(Profile(text)),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

}  // namespace
}  // namespace gantry::runtime
