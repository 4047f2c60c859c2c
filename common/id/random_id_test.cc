#include "common/id/random_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace gantry {
namespace {

using ::testing::MatchesRegex;

TEST(RandomIdTest, ContainerIdIs64LowerCaseHexDigits) {
  EXPECT_THAT(RandomContainerId(), MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(RandomContainerId().size(), 64u);
}

TEST(RandomIdTest, IdsDiffer) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(RandomContainerId());
  EXPECT_EQ(ids.size(), 1000u);
}

TEST(RandomIdTest, NameIsAnAdjectiveAndANoun) {
  EXPECT_THAT(RandomName(0), MatchesRegex("[a-z]+_[a-z]+"));
  EXPECT_THAT(RandomName(1), MatchesRegex("[a-z]+_[a-z]+[0-9]"));
}

}  // namespace
}  // namespace gantry
