#include "services/runtime/container/container_filter.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

ContainerInfo Web() {
  ContainerInfo info;
  info.id = "abc123";
  info.name = "web-1";
  info.state = ContainerState::kExited;
  info.exit_code = 3;
  info.options.labels = {{"tier", "front"}, {"empty", ""}, {"eq", "a=b"}};
  return info;
}

bool Matches(ContainerConditions conditions,
             const ContainerInfo& info = Web()) {
  const auto filter = ContainerFilter::Create(std::move(conditions));
  EXPECT_THAT(filter, IsOk());
  return filter.ok() && filter->Matches(info);
}

bool MatchesName(std::vector<std::string> names) {
  ContainerConditions conditions;
  conditions.names = std::move(names);
  return Matches(conditions);
}

bool MatchesLabels(std::vector<std::string> labels) {
  ContainerConditions conditions;
  conditions.labels = std::move(labels);
  return Matches(conditions);
}

absl::Status Refused(std::vector<std::string> names) {
  ContainerConditions conditions;
  conditions.names = std::move(names);
  return ContainerFilter::Create(std::move(conditions)).status();
}

TEST(ContainerFilterTest, WithoutConditionsMatchesAll) {
  EXPECT_TRUE(Matches({}));
  EXPECT_TRUE(ContainerFilter().Matches(Web()));
}

TEST(ContainerFilterTest, NamesAreFoundAnywhereAndAreExpressions) {
  EXPECT_TRUE(MatchesName({"eb"}));
  EXPECT_TRUE(MatchesName({"^web-[0-9]$"}));
  EXPECT_TRUE(MatchesName({"^/web-1$"}));
  EXPECT_TRUE(MatchesName({"nothing", "web"}));
  EXPECT_FALSE(MatchesName({"^eb"}));
  EXPECT_FALSE(MatchesName({"nothing"}));
}

TEST(ContainerFilterTest, IdsAreBeginnings) {
  ContainerConditions conditions;
  conditions.ids = {"abc"};
  EXPECT_TRUE(Matches(conditions));
  conditions.ids = {"bc1"};
  EXPECT_FALSE(Matches(conditions));
  conditions.ids = {"bc1", "abc123"};
  EXPECT_TRUE(Matches(conditions));
}

TEST(ContainerFilterTest, StatesAreAlternatives) {
  ContainerConditions conditions;
  conditions.states = {ContainerState::kRunning};
  EXPECT_FALSE(Matches(conditions));
  conditions.states.push_back(ContainerState::kExited);
  EXPECT_TRUE(Matches(conditions));
  EXPECT_TRUE(ContainerFilter::Create(conditions)->has_states());
  EXPECT_FALSE(ContainerFilter().has_states());
}

TEST(ContainerFilterTest, ExitCodesAreOfContainersThatHaveExited) {
  ContainerConditions conditions;
  conditions.exit_codes = {0, 3};
  EXPECT_TRUE(Matches(conditions));
  conditions.exit_codes = {0};
  EXPECT_FALSE(Matches(conditions));
  ContainerInfo running = Web();
  running.state = ContainerState::kRunning;
  running.exit_code = 0;
  EXPECT_FALSE(Matches(conditions, running));
}

TEST(ContainerFilterTest, AllLabelsMustMatch) {
  EXPECT_TRUE(MatchesLabels({"tier"}));
  EXPECT_TRUE(MatchesLabels({"tier=front", "empty=", "empty"}));
  EXPECT_TRUE(MatchesLabels({"eq=a=b"}));
  EXPECT_FALSE(MatchesLabels({"tier=back"}));
  EXPECT_FALSE(MatchesLabels({"tier="}));
  EXPECT_FALSE(MatchesLabels({"tier", "missing"}));
}

TEST(ContainerFilterTest, EveryConditionMustMatch) {
  ContainerConditions conditions;
  conditions.names = {"web"};
  conditions.ids = {"abc"};
  conditions.labels = {"tier"};
  EXPECT_TRUE(Matches(conditions));
  conditions.ids = {"xyz"};
  EXPECT_FALSE(Matches(conditions));
}

TEST(ContainerFilterTest, StrangePatternsAreRefused) {
  EXPECT_THAT(Refused({"("}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Refused({"(?=x)"}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Refused({"\xff\xfe"}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Refused({std::string(1025, 'x')}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Refused({"((((x{1000}){1000}){1000}){1000})"}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Refused({"(\\pL{500}){2}\\pN{500}\\pP{500}"}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Refused(std::vector<std::string>(101, "x")),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Refused({std::string(1024, 'x')}), IsOk());
}

TEST(ContainerFilterTest, LabelsWithoutANameAreRefused) {
  for (const char* label : {"", "=value"}) {
    ContainerConditions conditions;
    conditions.labels = {label};
    EXPECT_THAT(ContainerFilter::Create(conditions),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

// It would take ages with an engine that goes back.
TEST(ContainerFilterTest, HardPatternsStayLinear) {
  ContainerConditions conditions;
  conditions.names = {"(a*)*(a*)*(a*)*b"};
  ContainerInfo info;
  info.name = std::string(100'000, 'a');
  EXPECT_FALSE(Matches(conditions, info));
}

}  // namespace
}  // namespace gantry::runtime
