#include "services/image/content/fake_blob_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace gantry::image {
namespace {

absl::Status NotFound(const oci::Digest& digest) {
  return absl::NotFoundError(
      absl::StrCat("no blob ", digest.ToString(), " is stored"));
}

class FakeBlobReader : public BlobReader {
 public:
  explicit FakeBlobReader(std::shared_ptr<const std::string> bytes)
      : bytes_(std::move(bytes)) {}

  int64_t size_bytes() const override { return bytes_->size(); }

  absl::StatusOr<std::string> ReadAt(int64_t offset_bytes,
                                     int64_t max_bytes) override {
    if (offset_bytes < 0 || max_bytes < 1) {
      return absl::InvalidArgumentError("a negative offset or no room");
    }
    if (offset_bytes >= size_bytes()) return std::string();
    return bytes_->substr(offset_bytes, max_bytes);
  }

 private:
  const std::shared_ptr<const std::string> bytes_;
};

}  // namespace

class FakeBlobStore::Writer : public BlobWriter {
 public:
  explicit Writer(FakeBlobStore& store) : store_(store) {}

  absl::Status Append(absl::string_view chunk) override {
    if (committed_) return absl::FailedPreconditionError("already committed");
    bytes_.append(chunk.data(), chunk.size());
    return absl::OkStatus();
  }

  absl::StatusOr<BlobInfo> Commit(const oci::Digest& expected) override {
    if (committed_) return absl::FailedPreconditionError("already committed");
    committed_ = true;
    const oci::Digest actual = oci::Digest::Of(bytes_);
    if (!expected.empty() && expected != actual) {
      return absl::DataLossError(absl::StrCat("expected ", expected.ToString(),
                                              ", but the bytes are ",
                                              actual.ToString()));
    }
    return store_.Store(actual, std::move(bytes_));
  }

 private:
  FakeBlobStore& store_;
  std::string bytes_;
  bool committed_ = false;
};

oci::Digest FakeBlobStore::Put(absl::string_view bytes) {
  return Store(oci::Digest::Of(bytes), std::string(bytes)).digest;
}

BlobInfo FakeBlobStore::Store(const oci::Digest& digest, std::string bytes) {
  MutexLock lock(mu_);
  const auto [it, added] = blobs_.try_emplace(digest);
  if (added) {
    it->second.bytes = std::make_shared<const std::string>(std::move(bytes));
    it->second.committed_at = absl::Now();
  }
  return BlobInfo{digest, static_cast<int64_t>(it->second.bytes->size()),
                  it->second.committed_at, !added};
}

absl::StatusOr<std::unique_ptr<BlobWriter>> FakeBlobStore::Begin() {
  return std::unique_ptr<BlobWriter>(std::make_unique<Writer>(*this));
}

absl::StatusOr<std::unique_ptr<BlobReader>> FakeBlobStore::Open(
    const oci::Digest& digest) {
  MutexLock lock(mu_);
  const auto it = blobs_.find(digest);
  if (it == blobs_.end()) return NotFound(digest);
  return std::unique_ptr<BlobReader>(
      std::make_unique<FakeBlobReader>(it->second.bytes));
}

absl::StatusOr<BlobInfo> FakeBlobStore::Stat(const oci::Digest& digest) {
  MutexLock lock(mu_);
  const auto it = blobs_.find(digest);
  if (it == blobs_.end()) return NotFound(digest);
  return BlobInfo{digest, static_cast<int64_t>(it->second.bytes->size()),
                  it->second.committed_at};
}

absl::Status FakeBlobStore::Delete(const oci::Digest& digest) {
  MutexLock lock(mu_);
  return blobs_.erase(digest) == 1 ? absl::OkStatus() : NotFound(digest);
}

absl::StatusOr<std::vector<BlobInfo>> FakeBlobStore::List() {
  MutexLock lock(mu_);
  std::vector<BlobInfo> infos;
  for (const auto& [digest, blob] : blobs_) {
    infos.push_back(BlobInfo{digest, static_cast<int64_t>(blob.bytes->size()),
                             blob.committed_at});
  }
  return infos;
}

}  // namespace gantry::image
