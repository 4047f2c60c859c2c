#include "services/runtime/container/kv_container_store.h"

#include <gtest/gtest.h>

#include "common/kv/fake_kv_store.h"
#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

StoredContainer Web() {
  StoredContainer container;
  container.info.id = "abc";
  container.info.name = "web";
  container.info.options.image = "busybox";
  container.info.options.entrypoint = std::vector<std::string>{""};
  container.info.options.labels = {{"a", "b"}};
  container.info.options.stop_timeout = absl::Seconds(-1);
  container.info.created_at = kNow;
  container.info.args = {"sh"};
  container.info.stop_signal = 3;
  container.image_config = "{}";
  return container;
}

class KvContainerStoreTest : public ::testing::Test {
 protected:
  FakeKvStore kv_;
  KvContainerStore store_{kv_};
};

TEST_F(KvContainerStoreTest, ReadsWhatItWrote) {
  ASSERT_THAT(store_.Create(Web(), std::nullopt), IsOk());
  const auto all = store_.LoadAll();
  ASSERT_THAT(all, IsOk());
  ASSERT_THAT(*all, SizeIs(1));
  const ContainerInfo& info = (*all)[0].info;
  EXPECT_EQ(info.name, "web");
  EXPECT_THAT(*info.options.entrypoint, ElementsAre(""));
  EXPECT_EQ(info.options.labels.at("a"), "b");
  EXPECT_EQ(info.options.stop_timeout, absl::Seconds(-1));
  EXPECT_EQ(info.created_at, kNow);
  EXPECT_FALSE(info.started_at.has_value());
  EXPECT_EQ(info.stop_signal, 3);
  EXPECT_EQ((*all)[0].image_config, "{}");
}

TEST_F(KvContainerStoreTest, ReleasesTheNameWithTheChangeOfState) {
  StoredContainer web = Web();
  ASSERT_THAT(store_.Create(web, std::nullopt), IsOk());
  EXPECT_EQ(kv_.Get("names", "web").value(), "abc");
  web.name_released = true;
  ASSERT_THAT(store_.UpdateAndReleaseName(web, true), IsOk());
  EXPECT_FALSE(kv_.Get("names", "web").value().has_value());
  EXPECT_TRUE((*store_.LoadAll())[0].name_released);
}

TEST_F(KvContainerStoreTest, RemovingARecordLeavesTheNamesNewOwnerAlone) {
  StoredContainer old = Web();
  ASSERT_THAT(store_.Create(old, std::nullopt), IsOk());
  ASSERT_THAT(store_.UpdateAndReleaseName(old, true), IsOk());
  StoredContainer young = Web();
  young.info.id = "def";
  ASSERT_THAT(store_.Create(young, std::nullopt), IsOk());
  ASSERT_THAT(store_.Remove("abc"), IsOk());
  EXPECT_EQ(kv_.Get("names", "web").value(), "def");
  EXPECT_THAT(*store_.LoadAll(), SizeIs(1));
}

TEST_F(KvContainerStoreTest, KeepsARequestUntilItExpires) {
  const StoredRequest request = {"r1", "print", "abc", kNow + absl::Hours(24)};
  ASSERT_THAT(store_.Create(Web(), request), IsOk());
  const auto found = store_.FindRequest("r1", kNow);
  ASSERT_THAT(found, IsOk());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->fingerprint, "print");
  EXPECT_EQ((*found)->container_id, "abc");
  const absl::Time later = kNow + absl::Hours(25);
  EXPECT_FALSE(store_.FindRequest("r1", later)->has_value());
  ASSERT_THAT(store_.RemoveExpiredRequests(later), IsOk());
  EXPECT_FALSE(store_.FindRequest("r1", kNow)->has_value());
}

TEST_F(KvContainerStoreTest, AFailedWriteLeavesNothing) {
  kv_.FailWrites(absl::ResourceExhaustedError("full"));
  EXPECT_THAT(store_.Create(Web(), std::nullopt),
              StatusIs(absl::StatusCode::kResourceExhausted));
  kv_.FailWrites(absl::OkStatus());
  EXPECT_THAT(*store_.LoadAll(), IsEmpty());
}

TEST_F(KvContainerStoreTest, NamesARecordThatIsDamaged) {
  WriteBatch batch;
  batch.Put("containers", "abc", "\xff\xff");
  ASSERT_THAT(kv_.Write(batch, false), IsOk());
  EXPECT_THAT(store_.LoadAll(), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace gantry::runtime
