#include "services/gateway/config/gateway_config.h"

#include <gtest/gtest.h>

#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/testing/status_matchers.h"

namespace gantry::gateway {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

TEST(GatewayConfigTest, FileIsRead) {
  const auto config = ParseConfig(
      R"({"metrics_address": "127.0.0.1:9323", "user_roles": {"ann": "reader"}})");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->metrics_address(), "127.0.0.1:9323");
  EXPECT_EQ(RolesOf(*config)->of_users.at("ann"), Role::kReader);
}

TEST(GatewayConfigTest, UnknownNamesAndRolesAreRefused) {
  EXPECT_THAT(ParseConfig(R"({"metric_address": ""})"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseConfig("{"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(RolesOf(ParseConfig(R"({"group_roles": {"g": "king"}})").value()),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(GatewayConfigTest, NoFileIsTheDefault) {
  EXPECT_EQ(ReadConfig("")->metrics_address(), "");
  EXPECT_THAT(ReadConfig("/nonexistent/x.json"),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST(GatewayConfigTest, LongFileIsRefused) {
  const TempDir dir = TempDir::Create().value();
  const std::string path = dir.path() + "/c.json";
  ASSERT_THAT(WriteFileAtomically(path, std::string(2 << 20, ' '), 0600, false),
              IsOk());
  EXPECT_THAT(ReadConfig(path), StatusIs(absl::StatusCode::kResourceExhausted));
}

}  // namespace
}  // namespace gantry::gateway
