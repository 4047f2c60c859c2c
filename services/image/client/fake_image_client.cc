#include "services/image/client/fake_image_client.h"

#include <fcntl.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"

namespace gantry::image {
namespace {

absl::Status NoSuchImage(const std::string& image) {
  return Error(absl::StatusCode::kNotFound, "IMAGE_NOT_FOUND",
               absl::StrCat("No such image: ", image), {{"image", image}});
}

}  // namespace

void FakeImageClient::PutImage(const std::string& text,
                               v1::GetImageResponse image) {
  MutexLock lock(mu_);
  images_[text] = std::move(image);
}

void FakeImageClient::PutRemoteImage(const std::string& text,
                                     v1::GetImageResponse image) {
  MutexLock lock(mu_);
  remote_images_[text] = std::move(image);
}

void FakeImageClient::FailWith(absl::Status status) {
  MutexLock lock(mu_);
  failure_ = std::move(status);
}

std::set<std::string> FakeImageClient::snapshot_keys() {
  MutexLock lock(mu_);
  std::set<std::string> keys;
  for (const auto& [key, request] : snapshots_) keys.insert(key);
  return keys;
}

absl::StatusOr<v1::GetImageResponse> FakeImageClient::GetImage(
    const std::string& image) {
  MutexLock lock(mu_);
  if (!failure_.ok()) return failure_;
  const auto found = images_.find(image);
  if (found == images_.end()) return NoSuchImage(image);
  return found->second;
}

absl::StatusOr<v1::ListImagesResponse> FakeImageClient::ListImages(
    const v1::ListImagesRequest& /*request*/) {
  MutexLock lock(mu_);
  if (!failure_.ok()) return failure_;
  v1::ListImagesResponse response;
  for (const auto& [text, image] : images_) {
    *response.add_images() = image.image();
  }
  return response;
}

absl::StatusOr<std::string> FakeImageClient::PullImage(
    const v1::PullImageRequest& request) {
  MutexLock lock(mu_);
  if (!failure_.ok()) return failure_;
  const auto found = remote_images_.find(request.image());
  if (found == remote_images_.end()) {
    return Error(absl::StatusCode::kNotFound, "MANIFEST_UNKNOWN",
                 absl::StrCat("manifest for ", request.image(),
                              " not found: manifest unknown"),
                 {{"image", request.image()}});
  }
  images_[request.image()] = found->second;
  return found->second.image().id();
}

absl::StatusOr<v1::PrepareSnapshotResponse> FakeImageClient::PrepareSnapshot(
    const v1::PrepareSnapshotRequest& request) {
  MutexLock lock(mu_);
  if (!failure_.ok()) return failure_;
  const auto image = images_.find(request.image());
  if (image == images_.end()) return NoSuchImage(request.image());
  const auto before = snapshots_.find(request.key());
  if (before != snapshots_.end() && before->second.owner() != request.owner()) {
    return absl::AlreadyExistsError(
        absl::StrCat("the snapshot ", request.key(), " is another owner's"));
  }
  snapshots_[request.key()] = request;
  v1::PrepareSnapshotResponse response;
  *response.mutable_image() = image->second.image();
  response.set_config_json(image->second.config_json());
  return response;
}

absl::Status FakeImageClient::RemoveSnapshot(const std::string& key) {
  MutexLock lock(mu_);
  if (!failure_.ok()) return failure_;
  snapshots_.erase(key);
  return absl::OkStatus();
}

absl::StatusOr<int> FakeImageClient::SyncSnapshots(
    const std::string& owner_prefix, int64_t generation,
    const std::vector<std::string>& keys) {
  MutexLock lock(mu_);
  if (!failure_.ok()) return failure_;
  const std::set<std::string> kept(keys.begin(), keys.end());
  int removed = 0;
  for (auto it = snapshots_.begin(); it != snapshots_.end();) {
    if (absl::StartsWith(it->second.owner(), owner_prefix) &&
        it->second.generation() < generation && kept.count(it->first) == 0) {
      it = snapshots_.erase(it);
      ++removed;
    } else {
      ++it;
    }
  }
  return removed;
}

absl::StatusOr<UniqueFd> FakeImageClient::MountSnapshot(
    const std::string& key) {
  MutexLock lock(mu_);
  if (!failure_.ok()) return failure_;
  if (snapshots_.count(key) == 0) {
    return absl::NotFoundError(absl::StrCat("no such snapshot: ", key));
  }
  return UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

}  // namespace gantry::image
