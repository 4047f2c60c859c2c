#include "services/image/snapshot/overlay_snapshotter.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/kv/fake_kv_store.h"
#include "common/oci/digest.h"
#include "common/testing/status_matchers.h"
#include "services/image/layer/layer_store.h"
#include "services/image/metadata/image_store.h"
#include "services/image/metadata/kv_image_store.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

// Layers are directories named by their diffIDs.
class DirectoryLayerStore : public LayerStore {
 public:
  explicit DirectoryLayerStore(std::string root) : root_(std::move(root)) {}

  oci::Digest Add(const std::string& name, mode_t mode) {
    const oci::Digest diff_id = oci::Digest::Of(name);
    EXPECT_THAT(MakeDirectories(absl::StrCat(root_, "/", diff_id.hex()), mode),
                IsOk());
    return diff_id;
  }

  absl::StatusOr<LayerInfo> Unpack(ByteSource& /*tar*/,
                                   const oci::Digest& /*expected_diff_id*/,
                                   const LayerLimits& /*limits*/) override {
    return absl::UnimplementedError("not part of these tests");
  }
  absl::StatusOr<LayerInfo> Stat(const oci::Digest& diff_id) override {
    return LayerInfo{diff_id, 0, "tree"};
  }
  absl::StatusOr<std::string> Path(const oci::Digest& diff_id) override {
    return absl::StrCat(root_, "/", diff_id.hex());
  }
  absl::Status Remove(const oci::Digest& /*diff_id*/) override {
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<LayerInfo>> List() override {
    return std::vector<LayerInfo>();
  }

 private:
  const std::string root_;
};

class OverlaySnapshotterTest : public ::testing::Test {
 protected:
  void SetUp() override { Reopen(); }

  void Reopen() {
    auto snapshotter = OverlaySnapshotter::Open(root_, images_, layers_);
    ASSERT_THAT(snapshotter, IsOk());
    snapshotter_ = *std::move(snapshotter);
  }

  Image PutImage(const std::string& name, std::vector<oci::Digest> diff_ids) {
    Image image;
    image.id = oci::Digest::Of(name);
    image.manifest_digest = oci::Digest::Of(name + " manifest");
    image.names = {absl::StrCat("docker.io/library/", name, ":latest")};
    image.diff_ids = std::move(diff_ids);
    EXPECT_THAT(images_.PutImage(image, {}, {}), IsOk());
    return image;
  }

  bool Exists(const std::string& path) {
    struct stat info {};
    return stat(absl::StrCat(root_, "/", path).c_str(), &info) == 0;
  }

  const TempDir directory_ = TempDir::Create().value();
  const std::string root_ = directory_.path() + "/snapshots";
  FakeKvStore kv_;
  KvImageStore images_{kv_};
  DirectoryLayerStore layers_{directory_.path() + "/layers"};
  std::unique_ptr<OverlaySnapshotter> snapshotter_;
};

TEST_F(OverlaySnapshotterTest, PrepareMakesUpperAndWorkAndReturnsTheImage) {
  const Image image = PutImage("a", {});
  const auto prepared = snapshotter_->Prepare("c1", "a", "container/c1", 5);
  ASSERT_THAT(prepared, IsOk());
  EXPECT_EQ(prepared->id, image.id);
  EXPECT_TRUE(Exists("c1/upper"));
  EXPECT_TRUE(Exists("c1/work"));
  EXPECT_EQ(images_.FindSnapshot("c1")->owner, "container/c1");
}

TEST_F(OverlaySnapshotterTest, UpperHasTheModeOfTheTopmostLayerThatSetsIt) {
  const oci::Digest low = layers_.Add("low", 0711);
  const oci::Digest middle = layers_.Add("middle", 0555);
  const oci::Digest top = layers_.Add("top", 0755);
  PutImage("a", {low, middle, top});
  ASSERT_THAT(snapshotter_->Prepare("c1", "a", "container/c1", 5), IsOk());
  struct stat info {};
  ASSERT_EQ(stat((root_ + "/c1/upper").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0555u);
}

TEST_F(OverlaySnapshotterTest, PreparingAgainKeepsWhatWasWritten) {
  PutImage("a", {});
  PutImage("b", {});
  ASSERT_THAT(snapshotter_->Prepare("c1", "a", "container/c1", 5), IsOk());
  ASSERT_THAT(WriteFileAtomically(root_ + "/c1/upper/file", "x", 0600, false),
              IsOk());
  EXPECT_THAT(snapshotter_->Prepare("c1", "a", "container/c1", 6), IsOk());
  EXPECT_TRUE(Exists("c1/upper/file"));
  EXPECT_THAT(snapshotter_->Prepare("c1", "b", "container/c1", 6),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(snapshotter_->Prepare("c1", "a", "container/c2", 6),
              StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST_F(OverlaySnapshotterTest, MalformedArgumentsAreRefused) {
  PutImage("a", {});
  for (const std::string& key :
       {std::string(), std::string("../x"), std::string(".trash-1"),
        std::string("A"), std::string(129, 'a'), std::string("a/b")}) {
    EXPECT_THAT(snapshotter_->Prepare(key, "a", "container/c1", 5),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << key;
    EXPECT_THAT(snapshotter_->Remove(key),
                StatusIs(absl::StatusCode::kInvalidArgument));
    EXPECT_THAT(snapshotter_->Mount(key),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
  EXPECT_THAT(snapshotter_->Prepare("c1", "a", "someone", 5),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(snapshotter_->Prepare("c1", "a", "container/c1", 0),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(snapshotter_->Sync("", 5, {}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(snapshotter_->Prepare("c1", "absent", "container/c1", 5),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_FALSE(Exists("c1"));
}

TEST_F(OverlaySnapshotterTest, AFailedRecordLeavesNoDirectory) {
  PutImage("a", {});
  kv_.FailWrites(absl::ResourceExhaustedError("disk full"));
  EXPECT_THAT(snapshotter_->Prepare("c1", "a", "container/c1", 5),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_FALSE(Exists("c1"));
}

TEST_F(OverlaySnapshotterTest, RemoveTakesRecordAndDirectoryAway) {
  PutImage("a", {});
  ASSERT_THAT(snapshotter_->Prepare("c1", "a", "container/c1", 5), IsOk());
  EXPECT_TRUE(snapshotter_->Remove("c1")->existed);
  EXPECT_FALSE(Exists("c1"));
  EXPECT_FALSE(snapshotter_->Remove("c1")->existed);
  EXPECT_THAT(snapshotter_->Mount("c1"), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(OverlaySnapshotterTest, SyncRemovesOnlyOlderOnesThatAreNotListed) {
  PutImage("a", {});
  ASSERT_THAT(snapshotter_->Prepare("old", "a", "container/old", 1), IsOk());
  ASSERT_THAT(snapshotter_->Prepare("kept", "a", "container/kept", 1), IsOk());
  ASSERT_THAT(snapshotter_->Prepare("new", "a", "container/new", 2), IsOk());
  ASSERT_THAT(snapshotter_->Prepare("step", "a", "build/step", 1), IsOk());
  const auto result = snapshotter_->Sync("container/", 2, {"kept"});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->removed_count, 1);
  EXPECT_FALSE(Exists("old"));
  EXPECT_TRUE(Exists("kept"));
  EXPECT_TRUE(Exists("new"));
  EXPECT_TRUE(Exists("step"));
}

TEST_F(OverlaySnapshotterTest, WhatHasNoRecordGoesAtTheNextStart) {
  PutImage("a", {});
  ASSERT_THAT(snapshotter_->Prepare("c1", "a", "container/c1", 5), IsOk());
  ASSERT_THAT(MakeDirectories(root_ + "/garbage/upper", 0700), IsOk());
  Reopen();
  EXPECT_FALSE(Exists("garbage"));
  EXPECT_TRUE(Exists("c1/upper"));
  ASSERT_THAT(snapshotter_->EmptyTrash(), IsOk());
  EXPECT_EQ(ListDirectory(root_)->size(), 2u);
}

}  // namespace
}  // namespace gantry::image
