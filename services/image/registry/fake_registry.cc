#include "services/image/registry/fake_registry.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace gantry::image {
namespace {

constexpr size_t kChunkBytes = 10'000;

}  // namespace

oci::Digest FakeRegistry::PutManifest(const std::string& tag,
                                      const std::string& bytes,
                                      const std::string& content_type) {
  const RemoteDocument document{bytes, oci::Digest::Of(bytes), content_type};
  if (!tag.empty()) manifests_[tag] = document;
  manifests_[document.digest.ToString()] = document;
  return document.digest;
}

oci::Digest FakeRegistry::PutBlob(const std::string& bytes) {
  const oci::Digest digest = oci::Digest::Of(bytes);
  blobs_[digest] = bytes;
  return digest;
}

std::string FakeRegistry::Descriptor(const std::string& media_type,
                                     absl::string_view bytes,
                                     const std::string& more) {
  return absl::StrCat(R"({"mediaType":")", media_type, R"(","digest":")",
                      oci::Digest::Of(bytes).ToString(), R"(","size":)",
                      bytes.size(), more, "}");
}

absl::StatusOr<RemoteDocument> FakeRegistry::GetManifest(
    const std::string& reference) {
  const auto found = manifests_.find(reference);
  if (found == manifests_.end()) {
    return absl::NotFoundError(absl::StrCat("no manifest ", reference));
  }
  return found->second;
}

absl::Status FakeRegistry::GetBlob(const oci::Descriptor& blob,
                                   BlobReceiver& receiver) {
  {
    MutexLock lock(mu_);
    ++blob_requests_[blob.digest];
  }
  if (on_blob) on_blob(blob.digest);
  const auto found = blobs_.find(blob.digest);
  if (found == blobs_.end()) return absl::NotFoundError("no such blob");
  const auto other = replaced.find(blob.digest);
  absl::string_view rest =
      other == replaced.end() ? found->second : other->second;
  while (!rest.empty()) {
    if (receiver.IsCancelled()) return absl::CancelledError("cancelled");
    if (absl::Status status = receiver.Append(rest.substr(0, kChunkBytes));
        !status.ok()) {
      return status;
    }
    rest.remove_prefix(std::min(rest.size(), kChunkBytes));
  }
  const auto failure = failures.find(blob.digest);
  return failure == failures.end() ? absl::OkStatus() : failure->second;
}

std::map<oci::Digest, int> FakeRegistry::blob_requests() {
  MutexLock lock(mu_);
  return blob_requests_;
}

}  // namespace gantry::image
