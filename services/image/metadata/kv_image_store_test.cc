#include "services/image/metadata/kv_image_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/kv/fake_kv_store.h"
#include "common/oci/digest.h"
#include "common/status/error.h"
#include "common/testing/status_matchers.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kBusybox[] = "docker.io/library/busybox:latest";
constexpr char kOther[] = "localhost:5000/other:1";

Image MakeImage(const std::string& seed, std::vector<std::string> names) {
  Image image;
  image.id = oci::Digest::Of(seed + " config");
  image.manifest_digest = oci::Digest::Of(seed + " manifest");
  image.names = std::move(names);
  image.diff_ids = {oci::Digest::Of(seed + " layer")};
  image.layer_blobs = {oci::Digest::Of(seed + " blob")};
  image.labels = {{"seed", seed}};
  return image;
}

Snapshot MakeSnapshot(const std::string& key, const Image& image) {
  Snapshot snapshot;
  snapshot.key = key;
  snapshot.image_id = image.id;
  snapshot.diff_ids = image.diff_ids;
  snapshot.owner = "container/" + key;
  snapshot.generation = 1;
  return snapshot;
}

class KvImageStoreTest : public ::testing::Test {
 protected:
  Image Put(const std::string& seed, std::vector<std::string> names) {
    const Image image = MakeImage(seed, std::move(names));
    EXPECT_THAT(store_.PutImage(image, {}, {}), IsOk());
    return image;
  }

  FakeKvStore kv_;
  KvImageStore store_{kv_};
};

TEST_F(KvImageStoreTest, AnImageIsFoundByNameIdAndPrefix) {
  const Image image = Put("a", {kBusybox});
  const std::string hex = image.id.hex();
  for (const std::string& text :
       {std::string("busybox"), std::string("busybox:latest"),
        std::string(kBusybox), "sha256:" + hex, hex, hex.substr(0, 12),
        "sha256:" + hex.substr(0, 12),
        "busybox@" + image.manifest_digest.ToString()}) {
    const auto found = store_.FindImage(text);
    ASSERT_THAT(found, IsOk()) << text;
    EXPECT_EQ(found->id, image.id);
    EXPECT_THAT(found->names, ElementsAre(kBusybox));
    EXPECT_EQ(found->labels.at("seed"), "a");
  }
}

TEST_F(KvImageStoreTest, WhatIsNotThereIsNamed) {
  const auto found = store_.FindImage("absent");
  EXPECT_THAT(found, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(found.status().message(), "No such image: absent:latest");
  EXPECT_EQ(ReasonOf(found.status())->reason, "IMAGE_NOT_FOUND");
  EXPECT_THAT(store_.FindImage("Not A Name"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(store_.FindImage(""),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(KvImageStoreTest, APrefixOfSeveralIdsIsRefused) {
  // Seventeen ids: two begin with the same digit.
  for (int i = 0; i < 17; ++i) Put(absl::StrCat(i), {});
  int ambiguous = 0;
  for (const char digit : std::string("0123456789abcdef")) {
    if (store_.FindImage(std::string(1, digit)).status().code() ==
        absl::StatusCode::kInvalidArgument) {
      ++ambiguous;
    }
  }
  EXPECT_GE(ambiguous, 1);
}

TEST_F(KvImageStoreTest, ANameMovesToTheImageThatCameLast) {
  const Image old_image = Put("old", {kBusybox, kOther});
  const Image new_image = Put("new", {kBusybox});
  EXPECT_EQ(store_.FindImage("busybox")->id, new_image.id);
  EXPECT_THAT(store_.FindImage(old_image.id.hex())->names, ElementsAre(kOther));
}

TEST_F(KvImageStoreTest, NamesOfOneImageAddUp) {
  Put("a", {kBusybox});
  Put("a", {kOther});
  EXPECT_THAT(store_.FindImage("busybox")->names,
              ElementsAre(kBusybox, kOther));
}

TEST_F(KvImageStoreTest, TheLastNameTakesTheImageWithIt) {
  const Image image = Put("a", {kBusybox, kOther});
  auto removed = store_.RemoveImage("busybox", false);
  ASSERT_THAT(removed, IsOk());
  EXPECT_THAT(removed->untagged_names, ElementsAre(kBusybox));
  EXPECT_FALSE(removed->deleted_id.has_value());

  removed = store_.RemoveImage(kOther, false);
  ASSERT_THAT(removed, IsOk());
  EXPECT_EQ(removed->deleted_id, image.id);
  EXPECT_THAT(store_.FindImage(image.id.hex()),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(KvImageStoreTest, AnIdWithSeveralNamesNeedsForce) {
  const Image image = Put("a", {kBusybox, kOther});
  const auto refused = store_.RemoveImage(image.id.hex(), false);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(
      refused.status().message(),
      absl::StrCat("conflict: unable to delete ", image.id.hex().substr(0, 12),
                   " (must be forced) - image is referenced in multiple "
                   "repositories"));
  const auto removed = store_.RemoveImage(image.id.hex(), true);
  ASSERT_THAT(removed, IsOk());
  EXPECT_THAT(removed->untagged_names, ElementsAre(kBusybox, kOther));
  EXPECT_EQ(removed->deleted_id, image.id);
}

TEST_F(KvImageStoreTest, AnImageInUseNeedsForceAndStaysUntilUnused) {
  const Image image = Put("a", {kBusybox});
  ASSERT_THAT(store_.PutSnapshot(MakeSnapshot("c1", image)), IsOk());
  EXPECT_EQ(store_.FindImage("busybox")->container_count, 1);

  const auto refused = store_.RemoveImage("busybox", false);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(
      std::string(refused.status().message()),
      HasSubstr("unable to remove repository reference \"busybox\" (must "
                "force) - container c1 is using its referenced image"));
  EXPECT_THAT(store_.RemoveImage(image.id.hex(), false),
              StatusIs(absl::StatusCode::kFailedPrecondition));

  const auto removed = store_.RemoveImage("busybox", true);
  ASSERT_THAT(removed, IsOk());
  EXPECT_FALSE(removed->deleted_id.has_value());
  EXPECT_THAT(store_.FindImage(image.id.hex())->names, IsEmpty());

  const auto gone = store_.RemoveSnapshot("c1");
  ASSERT_THAT(gone, IsOk());
  EXPECT_EQ(gone->deleted_image_id, image.id);
  EXPECT_THAT(store_.FindImage(image.id.hex()),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_FALSE(store_.RemoveSnapshot("c1")->existed);
}

TEST_F(KvImageStoreTest, ListsPagesAndFilters) {
  Put("a", {kBusybox});
  Put("b", {kOther});
  Put("c", {"docker.io/library/busybox:1.36"});
  Put("d", {});
  const auto all = store_.ListImages("", "", 100);
  ASSERT_THAT(all, IsOk());
  ASSERT_EQ(all->size(), 4u);
  const auto rest = store_.ListImages("", (*all)[1].id.hex(), 1);
  ASSERT_EQ(rest->size(), 1u);
  EXPECT_EQ((*rest)[0].id, (*all)[2].id);

  EXPECT_EQ(store_.ListImages("busybox", "", 100)->size(), 2u);
  EXPECT_EQ(store_.ListImages("busybox:1.36", "", 100)->size(), 1u);
  EXPECT_EQ(store_.ListImages("busy*", "", 100)->size(), 2u);
  EXPECT_EQ(store_.ListImages("localhost:5000/other", "", 100)->size(), 1u);
  EXPECT_THAT(store_.ListImages("UPPER", "", 100),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(KvImageStoreTest, ASnapshotKeyHasOneOwnerAndOneImage) {
  const Image a = Put("a", {kBusybox});
  const Image b = Put("b", {kOther});
  Snapshot snapshot = MakeSnapshot("c1", a);
  ASSERT_THAT(store_.PutSnapshot(snapshot), IsOk());
  snapshot.generation = 7;
  ASSERT_THAT(store_.PutSnapshot(snapshot), IsOk());
  EXPECT_EQ(store_.FindSnapshot("c1")->generation, 7);

  EXPECT_THAT(store_.PutSnapshot(MakeSnapshot("c1", b)),
              StatusIs(absl::StatusCode::kAlreadyExists));
  snapshot.owner = "build/x";
  EXPECT_THAT(store_.PutSnapshot(snapshot),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(store_.PutSnapshot(MakeSnapshot("c2", MakeImage("x", {}))),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(store_.ListSnapshots("container/")->size(), 1u);
  EXPECT_THAT(*store_.ListSnapshots("build/"), IsEmpty());
}

TEST_F(KvImageStoreTest, ReachableIsWhatImagesAndSnapshotsNeed) {
  const Image image = Put("a", {kBusybox});
  ASSERT_THAT(store_.PutSnapshot(MakeSnapshot("c1", image)), IsOk());
  const auto reachable = store_.FindReachable();
  ASSERT_THAT(reachable, IsOk());
  EXPECT_EQ(reachable->blobs.size(), 3u);
  EXPECT_EQ(reachable->layers.size(), 1u);
}

TEST_F(KvImageStoreTest, AFailedWriteChangesNothing) {
  kv_.FailWrites(absl::ResourceExhaustedError("disk full"));
  EXPECT_THAT(store_.PutImage(MakeImage("a", {kBusybox}), {}, {}),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(store_.FindImage("busybox"),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(KvImageStoreTest, APulledDigestIsAName) {
  const oci::Digest index = oci::Digest::Of("index");
  const std::string by_digest = "docker.io/library/busybox@" + index.ToString();
  const Image image = Put("a", {by_digest});
  for (const std::string& text : {by_digest, "busybox@" + index.ToString(),
                                  "busybox:anything@" + index.ToString()}) {
    EXPECT_EQ(store_.FindImage(text)->id, image.id) << text;
  }
  EXPECT_THAT(store_.FindImage("other@" + index.ToString()),
              StatusIs(absl::StatusCode::kNotFound));
  const auto removed = store_.RemoveImage("busybox@" + index.ToString(), false);
  ASSERT_THAT(removed, IsOk());
  EXPECT_THAT(removed->untagged_names, ElementsAre(by_digest));
  EXPECT_EQ(removed->deleted_id, image.id);
}

TEST_F(KvImageStoreTest, TheLastTagTakesTheDigestsOfItsRepositoryWithIt) {
  const std::string own =
      "docker.io/library/busybox@" + oci::Digest::Of("index").ToString();
  const std::string other =
      "localhost:5000/other@" + oci::Digest::Of("index").ToString();
  Put("a", {kBusybox, own, kOther, other});
  const auto removed = store_.RemoveImage("busybox", false);
  ASSERT_THAT(removed, IsOk());
  EXPECT_THAT(removed->untagged_names, ElementsAre(kBusybox, own));
  EXPECT_THAT(store_.FindImage(kOther)->names, ElementsAre(kOther, other));
}

}  // namespace
}  // namespace gantry::image
