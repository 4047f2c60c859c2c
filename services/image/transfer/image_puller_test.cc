#include "services/image/transfer/image_puller.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/kv/fake_kv_store.h"
#include "common/oci/digest.h"
#include "common/oci/manifest.h"
#include "common/oci/reference.h"
#include "common/status/error.h"
#include "common/sync/mutex.h"
#include "common/testing/status_matchers.h"
#include "services/image/content/fake_blob_store.h"
#include "services/image/gc/garbage_collector.h"
#include "services/image/layer/layer_store.h"
#include "services/image/metadata/image_recorder.h"
#include "services/image/metadata/kv_image_store.h"
#include "services/image/registry/fake_registry.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

// Layers are bytes here: what is not its diffID is refused, and so is what
// begins with "bad".
class MemoryLayerStore : public LayerStore {
 public:
  absl::StatusOr<LayerInfo> Unpack(ByteSource& tar,
                                   const oci::Digest& expected_diff_id,
                                   const LayerLimits& /*limits*/) override {
    if (auto there = Stat(expected_diff_id); there.ok()) return there;
    std::string bytes;
    while (true) {
      const auto chunk = tar.Next();
      if (!chunk.ok()) return chunk.status();
      if (chunk->empty()) break;
      bytes.append(chunk->data(), chunk->size());
      if (absl::StartsWith(bytes, "bad")) {
        return absl::InvalidArgumentError("not a tar archive");
      }
      if (absl::StartsWith(bytes, "full")) {
        return absl::ResourceExhaustedError("the disk is full");
      }
    }
    if (oci::Digest::Of(bytes) != expected_diff_id) {
      return absl::DataLossError("another diffID");
    }
    MutexLock lock(mu_);
    sizes_[expected_diff_id] = static_cast<int64_t>(bytes.size());
    return LayerInfo{expected_diff_id, sizes_[expected_diff_id], "tree"};
  }
  absl::StatusOr<LayerInfo> Stat(const oci::Digest& diff_id) override {
    MutexLock lock(mu_);
    const auto found = sizes_.find(diff_id);
    if (found == sizes_.end()) return absl::NotFoundError("no such layer");
    return LayerInfo{diff_id, found->second, "tree"};
  }
  absl::StatusOr<std::string> Path(const oci::Digest& /*diff_id*/) override {
    return absl::NotFoundError("no path");
  }
  absl::Status Remove(const oci::Digest& diff_id) override {
    MutexLock lock(mu_);
    return sizes_.erase(diff_id) == 1 ? absl::OkStatus()
                                      : absl::NotFoundError("no such layer");
  }
  absl::StatusOr<std::vector<LayerInfo>> List() override {
    MutexLock lock(mu_);
    std::vector<LayerInfo> all;
    for (const auto& [diff_id, size] : sizes_) {
      all.push_back({diff_id, size, "tree"});
    }
    return all;
  }

 private:
  Mutex mu_;
  std::map<oci::Digest, int64_t> sizes_ ABSL_GUARDED_BY(mu_);
};

class RecordingObserver : public PullObserver {
 public:
  void OnResolved(const PullResolution& value) override { resolution = value; }
  void OnLayer(const LayerProgress& progress) override {
    MutexLock lock(mu);
    last[progress.digest] = progress;
  }

  PullResolution resolution;
  Mutex mu;
  std::map<oci::Digest, LayerProgress> last;
};

class ImagePullerTest : public ::testing::Test {
 protected:
  // Puts an image of these layers under the tag 1.
  oci::Digest PutImage(const std::vector<std::string>& layers) {
    std::vector<std::string> diff_ids;
    std::vector<std::string> descriptors;
    for (const std::string& layer : layers) {
      registry_.PutBlob(layer);
      diff_ids.push_back(
          absl::StrCat("\"", oci::Digest::Of(layer).ToString(), "\""));
      descriptors.push_back(FakeRegistry::Descriptor("l", layer));
    }
    const std::string config =
        absl::StrCat(R"({"os":"linux","rootfs":{"type":"layers","diff_ids":[)",
                     absl::StrJoin(diff_ids, ","), "]}}");
    config_ = registry_.PutBlob(config);
    return registry_.PutManifest(
        "1",
        absl::StrCat(R"({"schemaVersion":2,"config":)",
                     FakeRegistry::Descriptor("c", config), R"(,"layers":[)",
                     absl::StrJoin(descriptors, ","), "]}"));
  }

  absl::StatusOr<PulledImage> Pull(const std::string& image = "r.example/a:1") {
    const std::unique_ptr<ImportGuard> guard = collector_.BeginImport();
    ImagePuller puller(registry_, blobs_, layers_, images_, recorder_, *guard,
                       [this] { return is_cancelled_.load(); }, {});
    return puller.Pull(oci::Reference::Parse(image).value(), std::nullopt,
                       observer_);
  }

  void ExpectNothingLeft() {
    EXPECT_TRUE(blobs_.List()->empty());
    EXPECT_TRUE(layers_.List()->empty());
    EXPECT_EQ(images_.CountImages().value(), 0);
  }

  const std::string one_ = "one" + std::string(3 << 20, '1');
  const std::string two_ = "two" + std::string(400'000, '2');
  FakeRegistry registry_;
  FakeBlobStore blobs_;
  MemoryLayerStore layers_;
  FakeKvStore kv_;
  KvImageStore images_{kv_};
  ImageRecorder recorder_{blobs_, layers_, images_};
  GarbageCollector collector_{blobs_, layers_, images_};
  RecordingObserver observer_;
  std::atomic<bool> is_cancelled_ = false;
  oci::Digest config_;
};

TEST_F(ImagePullerTest, AnImageIsPulledWithNameAndRepoDigest) {
  const oci::Digest digest = PutImage({one_, two_, ""});
  const auto pulled = Pull();
  ASSERT_THAT(pulled, IsOk());
  EXPECT_EQ(pulled->id, config_);
  EXPECT_EQ(pulled->name, "r.example/a:1");
  EXPECT_EQ(pulled->digest, digest);
  EXPECT_FALSE(pulled->up_to_date);
  EXPECT_EQ(observer_.resolution.layers.size(), 3u);
  const LayerProgress last = observer_.last[oci::Digest::Of(one_)];
  EXPECT_EQ(last.state, LayerState::kComplete);
  EXPECT_EQ(last.downloaded_bytes, static_cast<int64_t>(one_.size()));

  const auto image = images_.FindImage("r.example/a:1");
  ASSERT_THAT(image, IsOk());
  EXPECT_EQ(image->names,
            (std::vector<std::string>{"r.example/a:1",
                                      "r.example/a@" + digest.ToString()}));
  EXPECT_EQ(blobs_.List()->size(), 5u);
  EXPECT_EQ(layers_.List()->size(), 3u);
}

TEST_F(ImagePullerTest, ASecondPullFetchesNoLayer) {
  PutImage({one_, two_});
  ASSERT_THAT(Pull(), IsOk());
  const auto again = Pull();
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->up_to_date);
  EXPECT_EQ(observer_.last[oci::Digest::Of(one_)].state, LayerState::kExists);
  EXPECT_EQ(registry_.blob_requests()[oci::Digest::Of(one_)], 1);
}

TEST_F(ImagePullerTest, APullByDigestGivesNoTag) {
  const oci::Digest digest = PutImage({two_});
  const std::string name = "r.example/a@" + digest.ToString();
  const auto pulled = Pull("r.example/a:ignored@" + digest.ToString());
  ASSERT_THAT(pulled, IsOk());
  EXPECT_EQ(pulled->name, name);
  EXPECT_EQ(images_.FindImage(name)->names, std::vector<std::string>{name});
  EXPECT_TRUE(Pull(name)->up_to_date);
}

TEST_F(ImagePullerTest, ALayerThatIsThereTwiceIsFetchedOnce) {
  PutImage({two_, one_, two_});
  ASSERT_THAT(Pull(), IsOk());
  EXPECT_EQ(registry_.blob_requests()[oci::Digest::Of(two_)], 1);
  EXPECT_EQ(observer_.resolution.layers.size(), 2u);
  EXPECT_EQ(images_.FindImage("r.example/a:1")->diff_ids.size(), 3u);
}

TEST_F(ImagePullerTest, AnyFailureLeavesNothing) {
  PutImage({one_, two_});
  std::string wrong = two_;
  wrong.back() = 'x';
  registry_.replaced[oci::Digest::Of(two_)] = wrong;
  EXPECT_THAT(Pull(), StatusIs(absl::StatusCode::kDataLoss));
  ExpectNothingLeft();

  // What is not what the registry promised is that, whatever it looks like.
  registry_.replaced[oci::Digest::Of(two_)] = "bad" + two_.substr(3);
  EXPECT_THAT(Pull(), StatusIs(absl::StatusCode::kDataLoss));
  ExpectNothingLeft();

  registry_.replaced.clear();
  registry_.failures[oci::Digest::Of(one_)] =
      absl::UnavailableError("it broke off");
  const absl::Status status = Pull().status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(absl::StrContains(status.message(), "r.example/a:1"));
  ExpectNothingLeft();
}

TEST_F(ImagePullerTest, ALayerThatCannotBeUnpackedLeavesNothing) {
  PutImage({one_, "bad" + two_});
  EXPECT_THAT(Pull(), StatusIs(absl::StatusCode::kInvalidArgument));
  ExpectNothingLeft();
  PutImage({one_, "full" + std::string(20 << 20, 'f')});
  EXPECT_THAT(Pull(), StatusIs(absl::StatusCode::kResourceExhausted));
  ExpectNothingLeft();
}

TEST_F(ImagePullerTest, AFailedPullKeepsWhatOthersNeed) {
  PutImage({one_});
  ASSERT_THAT(Pull(), IsOk());
  PutImage({one_, two_});
  registry_.failures[oci::Digest::Of(two_)] = absl::DataLossError("no");
  EXPECT_FALSE(Pull("r.example/b:1").ok());
  EXPECT_EQ(blobs_.List()->size(), 3u);
  EXPECT_EQ(layers_.List()->size(), 1u);
}

TEST_F(ImagePullerTest, ACancelledPullLeavesNothing) {
  PutImage({one_, two_});
  registry_.on_blob = [&](const oci::Digest& digest) {
    if (digest == oci::Digest::Of(two_)) is_cancelled_ = true;
  };
  EXPECT_THAT(Pull(), StatusIs(absl::StatusCode::kCancelled));
  ExpectNothingLeft();
}

TEST_F(ImagePullerTest, TwoPullsOfOneImageAtOnceAreFine) {
  PutImage({one_, two_});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      const std::unique_ptr<ImportGuard> guard = collector_.BeginImport();
      RecordingObserver observer;
      ImagePuller puller(registry_, blobs_, layers_, images_, recorder_, *guard,
                         [] { return false; }, {});
      EXPECT_THAT(puller.Pull(oci::Reference::Parse("r.example/a:1").value(),
                              std::nullopt, observer),
                  IsOk());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(images_.CountImages().value(), 1);
}

}  // namespace
}  // namespace gantry::image
