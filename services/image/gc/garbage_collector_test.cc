#include "services/image/gc/garbage_collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "common/kv/fake_kv_store.h"
#include "common/oci/digest.h"
#include "common/testing/status_matchers.h"
#include "services/image/content/fake_blob_store.h"
#include "services/image/layer/layer_store.h"
#include "services/image/metadata/image_store.h"
#include "services/image/metadata/kv_image_store.h"
#include "services/image/transfer/image_sink.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Layers that have nothing but a name.
class NamedLayerStore : public LayerStore {
 public:
  oci::Digest Add(const std::string& name) {
    return *layers_.insert(oci::Digest::Of(name)).first;
  }

  absl::StatusOr<LayerInfo> Unpack(ByteSource& /*tar*/,
                                   const oci::Digest& diff_id,
                                   const LayerLimits& /*limits*/) override {
    return LayerInfo{diff_id, 1, "tree"};
  }
  absl::StatusOr<LayerInfo> Stat(const oci::Digest& diff_id) override {
    if (layers_.count(diff_id) == 0) return absl::NotFoundError("no layer");
    return LayerInfo{diff_id, 1, "tree"};
  }
  absl::StatusOr<std::string> Path(const oci::Digest& diff_id) override {
    return diff_id.hex();
  }
  absl::Status Remove(const oci::Digest& diff_id) override {
    if (layers_.erase(diff_id) == 0) return absl::NotFoundError("no layer");
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<LayerInfo>> List() override {
    std::vector<LayerInfo> all;
    for (const oci::Digest& id : layers_) all.push_back({id, 1, "tree"});
    return all;
  }

 private:
  std::set<oci::Digest> layers_;
};

class GarbageCollectorTest : public ::testing::Test {
 protected:
  // An image "a" with two blobs and one layer.
  Image PutImage() {
    Image image;
    image.id = blobs_.Put("config");
    image.manifest_digest = blobs_.Put("manifest");
    image.names = {"docker.io/library/a:latest"};
    image.diff_ids = {layers_.Add("layer")};
    image.layer_blobs = {blobs_.Put("layer blob")};
    EXPECT_THAT(images_.PutImage(image, {}, {}), IsOk());
    return image;
  }

  FakeKvStore kv_;
  FakeBlobStore blobs_;
  NamedLayerStore layers_;
  KvImageStore images_{kv_};
  GarbageCollector collector_{blobs_, layers_, images_};
};

TEST_F(GarbageCollectorTest, WhatAnImageNeedsStays) {
  PutImage();
  const oci::Digest blob = blobs_.Put("garbage");
  const oci::Digest layer = layers_.Add("garbage");
  const auto collected = collector_.Collect();
  ASSERT_THAT(collected, IsOk());
  EXPECT_THAT(collected->blobs, ElementsAre(blob));
  EXPECT_THAT(collected->layers, ElementsAre(layer));
  EXPECT_EQ(blobs_.List()->size(), 3u);
  EXPECT_EQ(layers_.List()->size(), 1u);
}

TEST_F(GarbageCollectorTest, ARemovedImageLeavesNothing) {
  PutImage();
  ASSERT_THAT(images_.RemoveImage("a", false), IsOk());
  ASSERT_THAT(collector_.Collect(), IsOk());
  EXPECT_THAT(*blobs_.List(), IsEmpty());
  EXPECT_THAT(*layers_.List(), IsEmpty());
}

TEST_F(GarbageCollectorTest, LayersOfASnapshotStay) {
  const Image image = PutImage();
  Snapshot snapshot;
  snapshot.key = "c1";
  snapshot.image_id = image.id;
  snapshot.diff_ids = image.diff_ids;
  snapshot.owner = "container/c1";
  ASSERT_THAT(images_.PutSnapshot(snapshot), IsOk());
  ASSERT_THAT(images_.RemoveImage("a", true), IsOk());
  EXPECT_THAT(collector_.Collect()->layers, IsEmpty());
}

TEST_F(GarbageCollectorTest, WhatIsPinnedStaysUntilTheGuardGoes) {
  auto guard = collector_.BeginImport();
  ASSERT_THAT(guard->PinBlob(oci::Digest::Of("coming")), IsOk());
  ASSERT_THAT(guard->PinLayer(oci::Digest::Of("layer")), IsOk());
  blobs_.Put("coming");
  layers_.Add("layer");
  EXPECT_THAT(collector_.Collect()->blobs, IsEmpty());
  guard.reset();
  const auto collected = collector_.Collect();
  EXPECT_EQ(collected->blobs.size(), 1u);
  EXPECT_EQ(collected->layers.size(), 1u);
}

TEST_F(GarbageCollectorTest, DiscardSparesWhatOthersPinOrNeed) {
  const Image image = PutImage();
  const oci::Digest mine = blobs_.Put("mine");
  const oci::Digest shared = blobs_.Put("shared");
  auto guard = collector_.BeginImport();
  auto other = collector_.BeginImport();
  ASSERT_THAT(guard->PinBlob(mine), IsOk());
  ASSERT_THAT(guard->PinBlob(shared), IsOk());
  ASSERT_THAT(other->PinBlob(shared), IsOk());
  guard->Discard({mine, shared, image.id, oci::Digest::Of("absent")},
                 {image.diff_ids[0]});
  EXPECT_THAT(blobs_.Stat(mine), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(blobs_.Stat(shared), IsOk());
  EXPECT_THAT(blobs_.Stat(image.id), IsOk());
  EXPECT_THAT(layers_.Stat(image.diff_ids[0]), IsOk());
}

TEST_F(GarbageCollectorTest, AnUnreadableRecordStopsTheCollection) {
  blobs_.Put("garbage");
  WriteBatch batch;
  batch.Put("image_ids", "00", "\xff\xff");
  ASSERT_THAT(kv_.Write(batch, false), IsOk());
  EXPECT_THAT(collector_.Collect(), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_EQ(blobs_.List()->size(), 1u);
}

}  // namespace
}  // namespace gantry::image
