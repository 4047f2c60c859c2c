#include "ctl/commands/container_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"

namespace gantry::ctl {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;
using ::testing::ElementsAre;

absl::StatusOr<ContainerListing> Listing(std::vector<std::string> words) {
  const auto flags = ParseFlags({{'a', "all", FlagKind::kBool, ""},
                                 {'f', "filter", FlagKind::kList, ""},
                                 {'n', "last", FlagKind::kInt, ""},
                                 {'l', "latest", FlagKind::kBool, ""}},
                                words, ArgumentOrder::kAny);
  EXPECT_THAT(flags, IsOk());
  return ListingFromFlags(*flags);
}

std::string Filter(std::vector<std::string> words) {
  const auto listing = Listing(std::move(words));
  EXPECT_THAT(listing, IsOk());
  return listing.ok() ? listing->query.filter.ShortDebugString() : "";
}

TEST(ContainerQueryTest, FiltersAreThePlatforms) {
  EXPECT_EQ(Filter({}), "");
  EXPECT_EQ(Filter({"-f", "name=web", "-f", "name=^/db$", "-f", "name=/x"}),
            R"(names: "web" names: "^db$" names: "^x")");
  EXPECT_EQ(Filter({"-f", "id=ab", "-f", "label=a=b", "-f", "label=c"}),
            R"(ids: "ab" labels: "a=b" labels: "c")");
  EXPECT_EQ(Filter({"-f", "status=exited", "-f", "exited=137"}),
            "states: CONTAINER_STATE_EXITED exit_codes: 137");
}

TEST(ContainerQueryTest, SomeFiltersAndLimitsMeanAllContainers) {
  EXPECT_FALSE(Listing({})->query.all);
  EXPECT_FALSE(Listing({"-f", "name=x"})->query.all);
  for (const std::vector<std::string>& words : {std::vector<std::string>{"-a"},
                                                {"-l"},
                                                {"-n", "2"},
                                                {"-f", "status=running"},
                                                {"-f", "exited=0"}}) {
    EXPECT_TRUE(Listing(words)->query.all) << words[0];
  }
}

TEST(ContainerQueryTest, TheLimitIsThePlatformsIfAllFiltersAre) {
  EXPECT_EQ(Listing({"-n", "3"})->query.limit, 3);
  EXPECT_EQ(Listing({"-l"})->query.limit, 1);
  const auto listing = Listing({"-l", "-f", "ancestor=busybox"});
  EXPECT_THAT(listing->ancestors, ElementsAre("busybox"));
  EXPECT_EQ(listing->limit, 1);
  EXPECT_GT(listing->query.limit, 1);
}

TEST(ContainerQueryTest, UnknownFiltersAndValuesAreRefused) {
  const auto error = [](const std::string& filter) {
    const auto listing = Listing({"-f", filter});
    EXPECT_THAT(listing, StatusIs(absl::StatusCode::kInvalidArgument));
    return std::string(listing.status().message());
  };
  EXPECT_EQ(error("x=1"), "invalid filter 'x'");
  EXPECT_EQ(error("name"),
            "invalid argument \"name\" for \"-f, --filter\" flag: invalid "
            "filter 'name'");
  EXPECT_EQ(error("status=bogus").find("invalid filter 'status=bogus'"), 0u);
  EXPECT_EQ(error("exited=x").find("invalid filter 'exited=x'"), 0u);
}

}  // namespace
}  // namespace gantry::ctl
