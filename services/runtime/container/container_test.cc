#include "services/runtime/container/container.h"

#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

constexpr auto kRefused = absl::StatusCode::kFailedPrecondition;

Container InState(ContainerState state) {
  ContainerInfo info;
  info.id = "0123456789abcdef";
  info.state = state;
  return Container(info);
}

TEST(ContainerTest, RunsEndsAndRunsAgain) {
  Container container = InState(ContainerState::kCreated);
  const absl::Time now = absl::FromUnixSeconds(1000);
  ASSERT_THAT(container.MarkRunning(42, now), IsOk());
  EXPECT_EQ(container.info().pid, 42);
  EXPECT_EQ(container.info().started_at, now);
  ASSERT_THAT(container.MarkExited(3, now, true), IsOk());
  EXPECT_EQ(container.info().pid, 0);
  EXPECT_EQ(container.info().exit_code, 3);
  EXPECT_TRUE(container.info().oom_killed);
  ASSERT_THAT(container.MarkRunning(43, now), IsOk());
  EXPECT_EQ(container.info().exit_code, 0);
  EXPECT_FALSE(container.info().oom_killed);
}

TEST(ContainerTest, AFailedStartLeavesItCreatedWithTheReason) {
  Container container = InState(ContainerState::kCreated);
  ASSERT_THAT(container.MarkStartFailed(127, "no such file"), IsOk());
  EXPECT_EQ(container.info().state, ContainerState::kCreated);
  EXPECT_EQ(container.info().exit_code, 127);
  EXPECT_EQ(container.info().error, "no such file");
}

TEST(ContainerTest, PausesOnlyWhatRuns) {
  Container container = InState(ContainerState::kRunning);
  ASSERT_THAT(container.MarkPaused(), IsOk());
  EXPECT_THAT(container.NeedsStart(), StatusIs(kRefused));
  ASSERT_THAT(container.MarkUnpaused(), IsOk());
  EXPECT_THAT(InState(ContainerState::kExited).MarkPaused(),
              StatusIs(kRefused));
}

TEST(ContainerTest, IsNotRemovedWhileItRuns) {
  for (const ContainerState state :
       {ContainerState::kRunning, ContainerState::kPaused,
        ContainerState::kRestarting}) {
    EXPECT_THAT(InState(state).MarkRemoving(), StatusIs(kRefused));
  }
  for (const ContainerState state :
       {ContainerState::kCreated, ContainerState::kExited,
        ContainerState::kDead, ContainerState::kRemoving}) {
    EXPECT_THAT(InState(state).MarkRemoving(), IsOk());
  }
}

TEST(ContainerTest, WhatIsBeingRemovedIsNotStarted) {
  Container container = InState(ContainerState::kRemoving);
  EXPECT_THAT(container.NeedsStart(), StatusIs(kRefused));
  EXPECT_THAT(container.MarkRunning(1, absl::Now()), StatusIs(kRefused));
  ASSERT_THAT(container.MarkDead("busy"), IsOk());
  EXPECT_THAT(container.NeedsStart(), StatusIs(kRefused));
}

TEST(ContainerTest, ARefusedStepChangesNothing) {
  Container container = InState(ContainerState::kCreated);
  EXPECT_THAT(container.MarkExited(1, absl::Now(), false), StatusIs(kRefused));
  EXPECT_EQ(container.info().state, ContainerState::kCreated);
  EXPECT_EQ(container.info().exit_code, 0);
  EXPECT_FALSE(container.info().finished_at.has_value());
}

}  // namespace
}  // namespace gantry::runtime
