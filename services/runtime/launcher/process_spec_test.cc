#include "services/runtime/launcher/process_spec.h"

#include <gtest/gtest.h>
#include <linux/capability.h>

#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

TEST(ProcessSpecTest, ReadsWhatIsThere) {
  const auto spec = ParseProcessSpec(
      R"({"args":["sh","-c","x"],"env":["A=1"],"cwd":"/srv","terminal":true,)"
      R"("consoleSize":{"height":24,"width":80},"noNewPrivileges":true,)"
      R"("user":{"uid":7,"gid":8,"additionalGids":[8,9]},)"
      R"("capabilities":{"bounding":["CAP_CHOWN","CAP_AUDIT_WRITE"],)"
      R"("effective":["CAP_CHOWN"]}})");
  ASSERT_THAT(spec, IsOk());
  EXPECT_EQ(spec->args, (std::vector<std::string>{"sh", "-c", "x"}));
  EXPECT_EQ(spec->cwd, "/srv");
  EXPECT_EQ(spec->uid, 7u);
  EXPECT_EQ(spec->additional_gids, (std::vector<gid_t>{8, 9}));
  EXPECT_EQ(spec->bounding,
            uint64_t{1} << CAP_CHOWN | uint64_t{1} << CAP_AUDIT_WRITE);
  EXPECT_EQ(spec->effective, uint64_t{1} << CAP_CHOWN);
  EXPECT_EQ(spec->inheritable, 0u);
  EXPECT_TRUE(spec->terminal && spec->no_new_privileges);
  EXPECT_EQ(spec->columns, 80);
}

TEST(ProcessSpecTest, RefusesWhatItCannotCarryOut) {
  for (const char* text :
       {"x", "[]", R"({"args":[]})", R"({"args":[""]})", R"({"args":[1]})",
        R"({"args":["a"],"cwd":"b"})", R"({"args":["a"],"rlimits":[]})",
        R"({"args":["a"],"apparmorProfile":"x"})",
        R"({"args":["a"],"user":{"uid":4294967296}})",
        R"({"args":["a"],"user":{"uid":-1}})",
        R"({"args":["a"],"user":{"additionalGids":[4294967295]}})",
        R"({"args":["a"],"capabilities":{"effective":["CAP_NONE"]}})",
        R"({"args":["a\u0000b"]})"}) {
    EXPECT_THAT(ParseProcessSpec(text),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

}  // namespace
}  // namespace gantry::runtime
