// Stores of every past version are read by this one.

#include <gtest/gtest.h>

#include "common/fs/file.h"
#include "common/kv/fake_kv_store.h"
#include "common/testing/status_matchers.h"
#include "services/image/metadata/kv_image_store.h"
#include "services/runtime/container/kv_container_store.h"
#include "tests/compat/store_samples.h"

namespace gantry {
namespace {

using ::gantry::testing::IsOk;

void Fill(const std::string& name, KvStore& kv) {
  const auto dump = ReadFile("tests/compat/testdata/" + name, 1 << 20);
  ASSERT_THAT(dump, IsOk());
  ASSERT_FALSE(dump->empty());
  ASSERT_THAT(FillStore(*dump, kv), IsOk());
}

TEST(StoreCompatTest, ImagesOfVersion1AreRead) {
  FakeKvStore kv;
  Fill("image_store_v1.txt", kv);
  image::KvImageStore store(kv);
  const image::Image expected = SampleImage();
  const auto image = store.FindImage("example.org/sample:2");
  ASSERT_THAT(image, IsOk());
  EXPECT_EQ(image->id, expected.id);
  EXPECT_EQ(image->names, expected.names);
  EXPECT_EQ(image->manifest_digest, expected.manifest_digest);
  EXPECT_EQ(image->diff_ids, expected.diff_ids);
  EXPECT_EQ(image->layer_blobs, expected.layer_blobs);
  EXPECT_EQ(image->created_at, expected.created_at);
  EXPECT_EQ(image->stored_at, expected.stored_at);
  EXPECT_EQ(image->size_bytes, expected.size_bytes);
  EXPECT_EQ(image->platform.variant, expected.platform.variant);
  EXPECT_EQ(image->labels, expected.labels);
  EXPECT_EQ(image->container_count, 1);
  const auto reachable = store.FindReachable();
  ASSERT_THAT(reachable, IsOk());
  EXPECT_EQ(reachable->layers.size(), 2u);
}

TEST(StoreCompatTest, SnapshotsOfVersion1AreRead) {
  FakeKvStore kv;
  Fill("image_store_v1.txt", kv);
  image::KvImageStore store(kv);
  const image::Snapshot expected = SampleSnapshot();
  const auto snapshot = store.FindSnapshot("sample");
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ(snapshot->image_id, expected.image_id);
  EXPECT_EQ(snapshot->diff_ids, expected.diff_ids);
  EXPECT_EQ(snapshot->owner, expected.owner);
  EXPECT_EQ(snapshot->generation, expected.generation);
}

TEST(StoreCompatTest, ContainersOfVersion1AreRead) {
  FakeKvStore kv;
  Fill("runtime_store_v1.txt", kv);
  runtime::KvContainerStore store(kv);
  const auto all = store.LoadAll();
  ASSERT_THAT(all, IsOk());
  ASSERT_EQ(all->size(), 1u);
  const runtime::StoredContainer expected = SampleContainer();
  const runtime::ContainerInfo& info = all->front().info;
  EXPECT_EQ(info.id, expected.info.id);
  EXPECT_EQ(info.name, expected.info.name);
  EXPECT_EQ(info.options.image, expected.info.options.image);
  EXPECT_EQ(info.options.command, expected.info.options.command);
  EXPECT_EQ(info.options.entrypoint, expected.info.options.entrypoint);
  EXPECT_EQ(info.options.env, expected.info.options.env);
  EXPECT_EQ(info.options.working_dir, expected.info.options.working_dir);
  EXPECT_EQ(info.options.user, expected.info.options.user);
  EXPECT_EQ(info.options.hostname, expected.info.options.hostname);
  EXPECT_EQ(info.options.labels, expected.info.options.labels);
  EXPECT_EQ(info.options.runtime, expected.info.options.runtime);
  EXPECT_EQ(info.options.auto_remove, expected.info.options.auto_remove);
  EXPECT_EQ(info.options.stop_signal, expected.info.options.stop_signal);
  EXPECT_EQ(info.options.stop_timeout, expected.info.options.stop_timeout);
  EXPECT_EQ(info.image_id, expected.info.image_id);
  EXPECT_EQ(info.state, expected.info.state);
  EXPECT_EQ(info.created_at, expected.info.created_at);
  EXPECT_EQ(info.started_at, expected.info.started_at);
  EXPECT_EQ(info.finished_at, expected.info.finished_at);
  EXPECT_EQ(info.exit_code, expected.info.exit_code);
  EXPECT_EQ(info.error, expected.info.error);
  EXPECT_EQ(info.args, expected.info.args);
  EXPECT_EQ(info.stop_signal, expected.info.stop_signal);
  EXPECT_EQ(info.oom_killed, expected.info.oom_killed);
  EXPECT_EQ(all->front().image_config, expected.image_config);
}

TEST(StoreCompatTest, RequestsOfVersion1AreRead) {
  FakeKvStore kv;
  Fill("runtime_store_v1.txt", kv);
  runtime::KvContainerStore store(kv);
  const auto request =
      store.FindRequest("request", absl::FromUnixSeconds(1700000010));
  ASSERT_THAT(request, IsOk());
  ASSERT_TRUE(request->has_value());
  EXPECT_EQ((*request)->fingerprint, SampleRequest().fingerprint);
  EXPECT_EQ((*request)->container_id, SampleRequest().container_id);
}

}  // namespace
}  // namespace gantry
