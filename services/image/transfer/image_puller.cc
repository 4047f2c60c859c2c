#include "services/image/transfer/image_puller.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "common/sync/mutex.h"
#include "services/image/registry/download_pipe.h"

namespace gantry::image {
namespace {

constexpr absl::Duration kProgressInterval = absl::Milliseconds(100);
// What comes from the network is small; it is gathered before it is hashed,
// written and handed on.
constexpr size_t kBatchBytes = 128 << 10;
constexpr size_t kPipeBytes = 1 << 20;

// "docker.io/library/busybox@sha256:…".
std::string RepoDigest(const oci::Reference& image, const oci::Digest& digest) {
  return absl::StrCat(image.repository(), "@", digest.ToString());
}

// What an image is called after it was pulled as `image`.
std::string NameOf(const oci::Reference& image, const oci::Digest& digest) {
  return image.digest().has_value() ? RepoDigest(image, digest)
                                    : image.ToString();
}

absl::Status NameImage(const absl::Status& status,
                       const oci::Reference& image) {
  if (status.ok() ||
      absl::StrContains(status.message(), image.FamiliarRepository())) {
    return status;
  }
  return Annotate(status, absl::StrCat("pulling ", image.Familiar()));
}

// Whether what is wrong is the layer itself.
bool IsContentError(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsDataLoss(status);
}

}  // namespace

// Tells the observer of one layer.
//
// Threads: from any.
class ImagePuller::Reporter {
 public:
  Reporter(const oci::Digest& digest, PullObserver& observer)
      : observer_(observer) {
    progress_.digest = digest;
    Enter(LayerState::kWaiting);
  }

  void Enter(LayerState state, absl::string_view reason = "") {
    MutexLock lock(mu_);
    progress_.state = state;
    progress_.reason = std::string(reason);
    Send();
  }

  void Downloaded(int64_t bytes) {
    MutexLock lock(mu_);
    progress_.downloaded_bytes += bytes;
    if (progress_.state == LayerState::kRetrying) {
      progress_.state = LayerState::kDownloading;
      progress_.reason.clear();
      Send();
    } else if (absl::Now() - sent_at_ >= kProgressInterval) {
      Send();
    }
  }

 private:
  void Send() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    sent_at_ = absl::Now();
    observer_.OnLayer(progress_);
  }

  PullObserver& observer_;
  Mutex mu_;
  LayerProgress progress_ ABSL_GUARDED_BY(mu_);
  absl::Time sent_at_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
};

// What the layers of one pull share.
struct ImagePuller::Fetching {
  Mutex mu;
  size_t next ABSL_GUARDED_BY(mu) = 0;
  // The first failure; it ends all.
  absl::Status status ABSL_GUARDED_BY(mu);
  std::atomic<bool> failed = false;

  void Fail(const absl::Status& failure) {
    MutexLock lock(mu);
    status.Update(failure);
    failed = true;
  }
};

// Takes a layer from the registry into a blob and into the pipe.
class ImagePuller::LayerDownload : public BlobReceiver {
 public:
  LayerDownload(BlobWriter& writer, DownloadPipe& pipe, Fetching& fetching,
                Reporter& reporter)
      : writer_(writer), pipe_(pipe), fetching_(fetching), reporter_(reporter) {
    batch_.reserve(kBatchBytes);
  }

  absl::Status Append(absl::string_view bytes) override {
    while (!bytes.empty()) {
      const absl::string_view part =
          bytes.substr(0, kBatchBytes - batch_.size());
      batch_.append(part.data(), part.size());
      bytes.remove_prefix(part.size());
      if (batch_.size() == kBatchBytes) GANTRY_RETURN_IF_ERROR(Flush());
    }
    return absl::OkStatus();
  }

  void Retrying(absl::string_view reason) override {
    reporter_.Enter(LayerState::kRetrying, reason);
  }

  bool IsCancelled() override { return fetching_.failed; }

  // What Append has not handed on yet.
  absl::Status Flush() {
    if (batch_.empty()) return absl::OkStatus();
    GANTRY_RETURN_IF_ERROR(writer_.Append(batch_));
    GANTRY_RETURN_IF_ERROR(pipe_.Write(batch_));
    reporter_.Downloaded(static_cast<int64_t>(batch_.size()));
    batch_.clear();
    return absl::OkStatus();
  }

 private:
  BlobWriter& writer_;
  DownloadPipe& pipe_;
  Fetching& fetching_;
  Reporter& reporter_;
  std::string batch_;
};

ImagePuller::ImagePuller(Registry& registry, BlobStore& blobs,
                         LayerStore& layers, ImageStore& images,
                         ImageSink& sink, ImportGuard& guard,
                         std::function<bool()> is_cancelled,
                         const Options& options)
    : registry_(registry),
      blobs_(blobs),
      layers_(layers),
      images_(images),
      sink_(sink),
      guard_(guard),
      is_cancelled_(std::move(is_cancelled)),
      options_(options) {}

absl::StatusOr<PulledImage> ImagePuller::Pull(
    const oci::Reference& image, const std::optional<oci::Platform>& platform,
    PullObserver& observer) {
  absl::StatusOr<PulledImage> pulled = PullAll(image, platform, observer);
  if (pulled.ok()) return pulled;
  guard_.Discard(pinned_blobs_, pinned_layers_);
  if (is_cancelled_()) {
    return absl::CancelledError(
        absl::StrCat("the pull of ", image.Familiar(), " was cancelled"));
  }
  return NameImage(pulled.status(), image);
}

absl::StatusOr<PulledImage> ImagePuller::PullAll(
    const oci::Reference& image, const std::optional<oci::Platform>& platform,
    PullObserver& observer) {
  GANTRY_ASSIGN_OR_RETURN(
      const ResolvedImage resolved,
      ResolveImage(registry_, image, platform, is_cancelled_));
  GANTRY_ASSIGN_OR_RETURN(const std::vector<Layer> layers, LayersOf(resolved));
  PullResolution resolution{
      NameOf(image, resolved.digest), resolved.digest, {}};
  for (const Layer& layer : layers) resolution.layers.push_back(layer.blob);
  observer.OnResolved(resolution);

  GANTRY_RETURN_IF_ERROR(
      StoreDocument(resolved.manifest_bytes, resolved.manifest_digest));
  GANTRY_RETURN_IF_ERROR(
      StoreDocument(resolved.config_bytes, resolved.manifest.config.digest));
  for (const Layer& layer : layers) {
    GANTRY_RETURN_IF_ERROR(PinBlob(layer.blob.digest));
    pinned_layers_.push_back(layer.diff_id);
    GANTRY_RETURN_IF_ERROR(guard_.PinLayer(layer.diff_id));
  }
  GANTRY_RETURN_IF_ERROR(FetchLayers(layers, observer));
  if (is_cancelled_()) return absl::CancelledError("cancelled");
  return Record(image, resolved);
}

absl::StatusOr<std::vector<ImagePuller::Layer>> ImagePuller::LayersOf(
    const ResolvedImage& resolved) {
  std::vector<Layer> layers;
  std::map<oci::Digest, size_t> seen;
  for (size_t i = 0; i < resolved.manifest.layers.size(); ++i) {
    const oci::Descriptor& blob = resolved.manifest.layers[i];
    const oci::Digest& diff_id = resolved.config.diff_ids[i];
    const auto [known, is_new] = seen.emplace(blob.digest, i);
    if (is_new) {
      layers.push_back({blob, diff_id});
      continue;
    }
    const size_t first = known->second;
    if (resolved.config.diff_ids[first] != diff_id ||
        resolved.manifest.layers[first].size_bytes != blob.size_bytes) {
      return Error(absl::StatusCode::kInvalidArgument, "BAD_MANIFEST",
                   absl::StrCat("the layer ", blob.digest.ToString(),
                                " is there twice, as different things"));
    }
  }
  return layers;
}

absl::Status ImagePuller::PinBlob(const oci::Digest& digest) {
  pinned_blobs_.push_back(digest);
  return guard_.PinBlob(digest);
}

absl::Status ImagePuller::StoreDocument(const std::string& bytes,
                                        const oci::Digest& digest) {
  GANTRY_RETURN_IF_ERROR(PinBlob(digest));
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<BlobWriter> writer,
                          blobs_.Begin());
  GANTRY_RETURN_IF_ERROR(writer->Append(bytes));
  return writer->Commit(digest).status();
}

absl::Status ImagePuller::FetchLayers(const std::vector<Layer>& layers,
                                      PullObserver& observer) {
  std::vector<std::unique_ptr<Reporter>> reporters;
  for (const Layer& layer : layers) {
    reporters.push_back(
        std::make_unique<Reporter>(layer.blob.digest, observer));
  }
  Fetching fetching;
  const auto work = [&] {
    while (true) {
      size_t index = 0;
      {
        MutexLock lock(fetching.mu);
        if (!fetching.status.ok() || fetching.next == layers.size()) return;
        index = fetching.next++;
      }
      const absl::Status status =
          FetchLayer(layers[index], fetching, *reporters[index]);
      if (!status.ok()) {
        fetching.Fail(Annotate(
            status,
            absl::StrCat("layer ", layers[index].blob.digest.ToString())));
      }
    }
  };
  const size_t count = std::min<size_t>(
      std::max(1, options_.max_concurrent_layers), layers.size());
  std::vector<std::thread> threads;
  for (size_t i = 1; i < count; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  MutexLock lock(fetching.mu);
  return fetching.status;
}

absl::Status ImagePuller::FetchLayer(const Layer& layer, Fetching& fetching,
                                     Reporter& reporter) {
  if (blobs_.Stat(layer.blob.digest).ok() && layers_.Stat(layer.diff_id).ok()) {
    reporter.Enter(LayerState::kExists);
    return absl::OkStatus();
  }
  reporter.Enter(LayerState::kDownloading);
  GANTRY_RETURN_IF_ERROR(Download(layer, fetching, reporter));
  reporter.Enter(LayerState::kComplete);
  return absl::OkStatus();
}

absl::Status ImagePuller::Download(const Layer& layer, Fetching& fetching,
                                   Reporter& reporter) {
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<BlobWriter> writer,
                          blobs_.Begin());
  DownloadPipe pipe(kPipeBytes);
  LayerDownload download(*writer, pipe, fetching, reporter);
  absl::Status downloaded;
  absl::Status committed;
  std::thread downloader([&] {
    downloaded = registry_.GetBlob(layer.blob, download);
    if (downloaded.ok()) downloaded = download.Flush();
    if (downloaded.ok()) reporter.Enter(LayerState::kUnpacking);
    pipe.CloseWriter(downloaded);
    // The disk takes the blob while its end is unpacked.
    if (downloaded.ok()) {
      committed = writer->Commit(layer.blob.digest).status();
    }
  });
  const absl::Status unpacked =
      layers_.Unpack(pipe, layer.diff_id, LayerLimits()).status();
  // What is not a layer may not be what the registry promised either: the
  // digest of the whole tells.
  const bool read_on = unpacked.ok() || IsContentError(unpacked);
  if (read_on) pipe.Drain().IgnoreError();
  pipe.CloseReader();
  downloader.join();
  if (!read_on && absl::IsCancelled(downloaded)) return unpacked;
  GANTRY_RETURN_IF_ERROR(downloaded);
  GANTRY_RETURN_IF_ERROR(committed);
  return unpacked;
}

absl::StatusOr<PulledImage> ImagePuller::Record(const oci::Reference& image,
                                                const ResolvedImage& resolved) {
  ImportedImage imported;
  imported.manifest_digest = resolved.manifest_digest;
  imported.config_digest = resolved.manifest.config.digest;
  imported.diff_ids = resolved.config.diff_ids;
  for (const oci::Descriptor& layer : resolved.manifest.layers) {
    imported.layer_blobs.push_back(layer.digest);
  }
  for (const oci::Digest& diff_id : imported.diff_ids) {
    GANTRY_ASSIGN_OR_RETURN(const LayerInfo layer, layers_.Stat(diff_id));
    imported.layer_sizes_bytes.push_back(layer.size_bytes);
  }
  PulledImage pulled;
  pulled.id = imported.config_digest;
  pulled.digest = resolved.digest;
  pulled.name = NameOf(image, resolved.digest);
  imported.names = {pulled.name};
  if (!image.digest().has_value()) {
    imported.names.push_back(RepoDigest(image, resolved.digest));
  }
  const absl::StatusOr<Image> before = images_.FindImage(pulled.name);
  pulled.up_to_date = before.ok() && before->id == pulled.id &&
                      std::find(before->names.begin(), before->names.end(),
                                pulled.name) != before->names.end();
  GANTRY_RETURN_IF_ERROR(sink_.Put(imported));
  return pulled;
}

}  // namespace gantry::image
