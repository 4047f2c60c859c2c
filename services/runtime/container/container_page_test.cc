#include "services/runtime/container/container_page.h"

#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

// Newest first.
std::vector<ContainerInfo> Containers(int count) {
  std::vector<ContainerInfo> containers;
  for (int i = count; i > 0; --i) {
    ContainerInfo info;
    info.id = std::string(1, static_cast<char>('a' + i % 26));
    info.created_at = absl::FromUnixSeconds(i);
    containers.push_back(info);
  }
  return containers;
}

TEST(ContainerPageTest, GoesThroughAllPages) {
  std::string token;
  std::vector<size_t> sizes;
  do {
    const auto page = CutPage(Containers(5), "all", 2, token);
    ASSERT_THAT(page, IsOk());
    sizes.push_back(page->containers.size());
    token = page->next_page_token;
  } while (!token.empty());
  EXPECT_THAT(sizes, ::testing::ElementsAre(2, 2, 1));
}

TEST(ContainerPageTest, GoesOnAfterAContainerThatIsGone) {
  const auto first = CutPage(Containers(5), "all", 2, "");
  ASSERT_THAT(first, IsOk());
  std::vector<ContainerInfo> rest = Containers(5);
  rest.erase(rest.begin() + 1);
  const auto second = CutPage(rest, "all", 2, first->next_page_token);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->containers[0].created_at, absl::FromUnixSeconds(3));
}

TEST(ContainerPageTest, HasAHundredByDefaultAndAThousandAtMost) {
  EXPECT_EQ(CutPage(Containers(2000), "all", 0, "")->containers.size(), 100u);
  EXPECT_EQ(CutPage(Containers(2000), "all", 5000, "")->containers.size(),
            1000u);
}

TEST(ContainerPageTest, EndsAtThreeMebibytesButHasAtLeastOne) {
  std::vector<ContainerInfo> containers = Containers(5);
  for (ContainerInfo& info : containers)
    info.options.env = {std::string(1 << 20, 'x')};
  containers[3].options.labels["big"] = std::string(5 << 20, 'x');
  std::string token;
  std::vector<size_t> sizes;
  do {
    const auto page = CutPage(containers, "all", 0, token);
    ASSERT_THAT(page, IsOk());
    sizes.push_back(page->containers.size());
    token = page->next_page_token;
  } while (!token.empty());
  EXPECT_THAT(sizes, ::testing::ElementsAre(2, 1, 1, 1));
}

TEST(ContainerPageTest, EveryTextCountsInAContainersSize) {
  const int64_t empty = EstimatedBytes(ContainerInfo());
  EXPECT_GT(empty, 100);
  const std::string text(1000, 'x');
  ContainerInfo info;
  info.id = info.name = info.image_id = info.error = info.log_path = text;
  info.args = {text, text};
  ContainerOptions& options = info.options;
  options.image = options.working_dir = options.user = options.hostname = text;
  options.runtime = options.network = options.stop_signal = text;
  options.command = options.env = {text, text};
  options.entrypoint = {text};
  options.labels = {{text, text}};
  options.mounts = {{text, text}};
  EXPECT_GT(EstimatedBytes(info) - empty, 23'000);
  EXPECT_LT(EstimatedBytes(info) - empty, 25'000);
}

TEST(ContainerPageTest, RefusesNegativeSizesAndStrangeTokens) {
  EXPECT_THAT(CutPage({}, "all", -1, ""),
              StatusIs(absl::StatusCode::kInvalidArgument));
  const std::string token =
      CutPage(Containers(5), "all", 2, "")->next_page_token;
  for (const std::string& strange : {std::string("x"), std::string("all.x.a"),
                                     std::string("all.1."), token + ".y"}) {
    EXPECT_THAT(CutPage(Containers(5), "all", 2, strange),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << strange;
  }
  EXPECT_THAT(CutPage(Containers(5), "active", 2, token),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace gantry::runtime
