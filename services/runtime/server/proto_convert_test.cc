#include "services/runtime/server/proto_convert.h"

#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

TEST(ProtoConvertTest, SpecSurvivesTheRoundTrip) {
  v1::ContainerSpec spec;
  spec.set_image("busybox");
  spec.add_command("a");
  spec.mutable_entrypoint();
  spec.add_env("A=b");
  (*spec.mutable_labels())["k"] = "v";
  spec.mutable_stop_timeout()->set_seconds(-1);
  const auto options = FromProto(spec);
  ASSERT_THAT(options, IsOk());
  EXPECT_TRUE(options->entrypoint.has_value());
  EXPECT_EQ(options->stop_timeout, absl::Seconds(-1));
  ContainerInfo info;
  info.options = *options;
  info.created_at = absl::FromUnixMillis(1500);
  const v1::Container container = ToProto(info);
  EXPECT_EQ(container.spec().SerializeAsString(), spec.SerializeAsString());
  EXPECT_EQ(container.created_at().seconds(), 1);
  EXPECT_EQ(container.created_at().nanos(), 500000000);
  EXPECT_FALSE(container.has_started_at());
}

TEST(ProtoConvertTest, StrangeDurationsAreRefused) {
  google::protobuf::Duration duration;
  duration.set_nanos(2000000000);
  EXPECT_THAT(FromProto(duration),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ProtoConvertTest, StatesAreTheSameNumbers) {
  EXPECT_EQ(static_cast<int>(ContainerState::kCreated),
            v1::CONTAINER_STATE_CREATED);
  EXPECT_EQ(static_cast<int>(ContainerState::kDead), v1::CONTAINER_STATE_DEAD);
}

}  // namespace
}  // namespace gantry::runtime
