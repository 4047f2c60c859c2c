#include "services/image/server/image_config.h"

#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "common/testing/status_matchers.h"
#include "services/image/registry/registry_settings.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

TEST(ImageConfigTest, SettingsAreRead) {
  const auto config = ParseImageServiceConfig(
      R"({"registries": {"r.example:5000": {"plain_http": true},
                         "t.example": {"ca_file": "/etc/ca.pem"}},
          "max_concurrent_layers": 3, "max_attempts": 2,
          "idle_timeout_seconds": 7})");
  ASSERT_THAT(config, IsOk());
  EXPECT_TRUE(config->registries.hosts.at("r.example:5000").plain_http);
  EXPECT_EQ(config->registries.hosts.at("t.example").ca_file, "/etc/ca.pem");
  EXPECT_EQ(config->max_concurrent_layers, 3);
  EXPECT_EQ(config->registries.retry.max_attempts, 2);
  EXPECT_EQ(config->idle_timeout, absl::Seconds(7));
}

TEST(ImageConfigTest, WhatIsNotSetHasItsDefault) {
  const auto config = ParseImageServiceConfig("{}");
  ASSERT_THAT(config, IsOk());
  EXPECT_GE(config->max_concurrent_layers, 3);
  EXPECT_LE(config->max_concurrent_layers, 8);
  EXPECT_EQ(config->registries.retry.max_attempts, 5);
  EXPECT_THAT(ReadImageConfig(""), IsOk());
}

TEST(ImageConfigTest, WhatIsNotUnderstoodIsRefused) {
  for (const char* json :
       {"", "[]", R"({"registry": {}})", R"({"max_attempts": "many"})",
        R"({"max_attempts": -1})", R"({"max_concurrent_layers": 65})",
        R"({"idle_timeout_seconds": 3601})",
        R"({"registries": {"a": {"plain_http": true, "ca_file": "/x"}}})"}) {
    EXPECT_THAT(ParseImageServiceConfig(json),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << json;
  }
  EXPECT_THAT(ReadImageConfig("/nonexistent/image.json"),
              StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace gantry::image
