#include "services/runtime/bundle/bundle_store.h"

#include <gtest/gtest.h>

#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class BundleStoreTest : public ::testing::Test {
 protected:
  TempDir dir_ = TempDir::Create().value();
  BundleStore bundles_{dir_.path() + "/bundles"};
};

TEST_F(BundleStoreTest, WritesTheConfigurationAndAnEmptyRoot) {
  const auto bundle = bundles_.Write("abc", "{}");
  ASSERT_THAT(bundle, IsOk());
  EXPECT_EQ(ReadFile(*bundle + "/config.json", 100).value(), "{}");
  EXPECT_THAT(ListDirectory(*bundle + "/rootfs").value(), IsEmpty());
}

TEST_F(BundleStoreTest, ReplacesAnOlderBundle) {
  ASSERT_THAT(bundles_.Write("abc", "old"), IsOk());
  const auto bundle = bundles_.Write("abc", "new");
  ASSERT_THAT(bundle, IsOk());
  EXPECT_EQ(ReadFile(*bundle + "/config.json", 100).value(), "new");
}

TEST_F(BundleStoreTest, RemovesABundleAndDoesNotMindNone) {
  ASSERT_THAT(bundles_.Write("abc", "{}"), IsOk());
  EXPECT_THAT(bundles_.Remove("abc"), IsOk());
  EXPECT_THAT(bundles_.Remove("abc"), IsOk());
  EXPECT_THAT(bundles_.List().value(), IsEmpty());
}

TEST_F(BundleStoreTest, LeavesARootThatHoldsFilesAlone) {
  const auto bundle = bundles_.Write("abc", "{}");
  ASSERT_THAT(bundle, IsOk());
  ASSERT_THAT(MakeDirectories(*bundle + "/rootfs/etc", 0755), IsOk());
  EXPECT_THAT(bundles_.Remove("abc"),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(ListDirectory(*bundle + "/rootfs").value(), ElementsAre("etc"));
}

TEST_F(BundleStoreTest, ListsTheIdsOfAllBundles) {
  EXPECT_THAT(bundles_.List().value(), IsEmpty());
  ASSERT_THAT(bundles_.Write("b", "{}"), IsOk());
  ASSERT_THAT(bundles_.Write("a", "{}"), IsOk());
  EXPECT_THAT(bundles_.List().value(), ElementsAre("a", "b"));
}

}  // namespace
}  // namespace gantry::runtime
