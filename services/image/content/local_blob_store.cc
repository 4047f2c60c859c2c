#include "services/image/content/local_blob_store.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/fs/file.h"
#include "common/id/random_id.h"
#include "common/status/status_macros.h"

namespace gantry::image {
namespace {

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr int64_t kMaxReadBytes = int64_t{16} << 20;

absl::Status NotFound(const oci::Digest& digest) {
  return absl::NotFoundError(
      absl::StrCat("no blob ", digest.ToString(), " is stored"));
}

absl::StatusOr<BlobInfo> StatAt(int blobs, const oci::Digest& digest) {
  struct stat st;
  if (digest.empty()) return NotFound(digest);
  if (::fstatat(blobs, digest.hex().c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return NotFound(digest);
    return absl::ErrnoToStatus(errno, absl::StrCat("blob ", digest.hex()));
  }
  BlobInfo info;
  info.digest = digest;
  info.size_bytes = st.st_size;
  info.committed_at = absl::TimeFromTimespec(st.st_mtim);
  return info;
}

class LocalBlobWriter : public BlobWriter {
 public:
  LocalBlobWriter(int blobs, int ingest, std::string name, UniqueFd file)
      : blobs_(blobs),
        ingest_(ingest),
        name_(std::move(name)),
        file_(std::move(file)) {}

  ~LocalBlobWriter() override {
    if (!name_.empty()) ::unlinkat(ingest_, name_.c_str(), 0);
  }

  absl::Status Append(absl::string_view chunk) override {
    if (committed_) {
      return absl::FailedPreconditionError("the blob is already committed");
    }
    GANTRY_RETURN_IF_ERROR(WriteAll(file_.get(), chunk, "a new blob"));
    hasher_.Update(chunk);
    return absl::OkStatus();
  }

  absl::StatusOr<BlobInfo> Commit(const oci::Digest& expected) override {
    if (committed_) {
      return absl::FailedPreconditionError("the blob is already committed");
    }
    committed_ = true;
    const oci::Digest actual = hasher_.Finish();
    if (!expected.empty() && expected != actual) {
      return absl::DataLossError(absl::StrCat("expected ", expected.ToString(),
                                              ", but the bytes are ",
                                              actual.ToString()));
    }
    if (auto stored = StatAt(blobs_, actual); stored.ok()) {
      stored->existed = true;
      return stored;
    }
    return Publish(actual);
  }

 private:
  absl::StatusOr<BlobInfo> Publish(const oci::Digest& digest) {
    if (::fdatasync(file_.get()) != 0) {
      return absl::ErrnoToStatus(errno, "cannot flush a new blob");
    }
    bool existed = false;
    if (::renameat2(ingest_, name_.c_str(), blobs_, digest.hex().c_str(),
                    RENAME_NOREPLACE) != 0) {
      if (errno != EEXIST) {
        return absl::ErrnoToStatus(errno, "cannot publish a new blob");
      }
      existed = true;
    } else {
      name_.clear();
    }
    if (::fsync(blobs_) != 0) {
      return absl::ErrnoToStatus(errno, "cannot flush the blob directory");
    }
    GANTRY_ASSIGN_OR_RETURN(BlobInfo info, StatAt(blobs_, digest));
    info.existed = existed;
    return info;
  }

  const int blobs_;
  const int ingest_;
  std::string name_;  // Empty once the file has left the ingest directory.
  const UniqueFd file_;
  oci::DigestHasher hasher_;
  bool committed_ = false;
};

class LocalBlobReader : public BlobReader {
 public:
  LocalBlobReader(UniqueFd file, int64_t size_bytes)
      : file_(std::move(file)), size_bytes_(size_bytes) {}

  int64_t size_bytes() const override { return size_bytes_; }

  absl::StatusOr<std::string> ReadAt(int64_t offset_bytes,
                                     int64_t max_bytes) override {
    if (offset_bytes < 0 || max_bytes < 1) {
      return absl::InvalidArgumentError("a negative offset or no room");
    }
    const int64_t left = std::max<int64_t>(0, size_bytes_ - offset_bytes);
    std::string bytes(std::min({max_bytes, left, kMaxReadBytes}), '\0');
    size_t filled = 0;
    while (filled < bytes.size()) {
      const ssize_t n = ::pread(file_.get(), &bytes[filled],
                                bytes.size() - filled, offset_bytes + filled);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return absl::ErrnoToStatus(errno, "cannot read a blob");
      if (n == 0) return absl::DataLossError("a stored blob became shorter");
      filled += n;
    }
    return bytes;
  }

 private:
  const UniqueFd file_;
  const int64_t size_bytes_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<LocalBlobStore>> LocalBlobStore::Create(
    const std::string& directory) {
  const std::string blobs_path = absl::StrCat(directory, "/blobs/sha256");
  const std::string ingest_path = absl::StrCat(directory, "/ingest");
  // What was being written when the service last ended is of no use to anyone.
  GANTRY_RETURN_IF_ERROR(RemoveTree(ingest_path));
  GANTRY_RETURN_IF_ERROR(MakeDirectories(blobs_path, kDirectoryMode));
  GANTRY_RETURN_IF_ERROR(MakeDirectories(ingest_path, kDirectoryMode));
  GANTRY_ASSIGN_OR_RETURN(UniqueFd blobs, OpenDirectory(blobs_path));
  GANTRY_ASSIGN_OR_RETURN(UniqueFd ingest, OpenDirectory(ingest_path));
  return std::unique_ptr<LocalBlobStore>(
      new LocalBlobStore(blobs_path, std::move(blobs), std::move(ingest)));
}

LocalBlobStore::LocalBlobStore(std::string blobs_path, UniqueFd blobs,
                               UniqueFd ingest)
    : blobs_path_(std::move(blobs_path)),
      blobs_(std::move(blobs)),
      ingest_(std::move(ingest)) {}

absl::StatusOr<std::unique_ptr<BlobWriter>> LocalBlobStore::Begin() {
  std::string name = RandomHex(16);
  UniqueFd file(::openat(ingest_.get(), name.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                         kFileMode));
  if (!file.is_open()) {
    return absl::ErrnoToStatus(errno, "cannot begin a blob");
  }
  return std::unique_ptr<BlobWriter>(std::make_unique<LocalBlobWriter>(
      blobs_.get(), ingest_.get(), std::move(name), std::move(file)));
}

absl::StatusOr<std::unique_ptr<BlobReader>> LocalBlobStore::Open(
    const oci::Digest& digest) {
  if (digest.empty()) return NotFound(digest);
  UniqueFd file(::openat(blobs_.get(), digest.hex().c_str(),
                         O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file.is_open()) {
    if (errno == ENOENT) return NotFound(digest);
    return absl::ErrnoToStatus(errno, absl::StrCat("blob ", digest.hex()));
  }
  struct stat st;
  if (::fstat(file.get(), &st) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("blob ", digest.hex()));
  }
  return std::unique_ptr<BlobReader>(
      std::make_unique<LocalBlobReader>(std::move(file), st.st_size));
}

absl::StatusOr<BlobInfo> LocalBlobStore::Stat(const oci::Digest& digest) {
  return StatAt(blobs_.get(), digest);
}

absl::Status LocalBlobStore::Delete(const oci::Digest& digest) {
  if (digest.empty()) return NotFound(digest);
  if (::unlinkat(blobs_.get(), digest.hex().c_str(), 0) == 0) {
    return absl::OkStatus();
  }
  if (errno == ENOENT) return NotFound(digest);
  return absl::ErrnoToStatus(errno, absl::StrCat("blob ", digest.hex()));
}

absl::StatusOr<std::vector<BlobInfo>> LocalBlobStore::List() {
  GANTRY_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                          ListDirectory(blobs_path_));
  std::vector<BlobInfo> blobs;
  for (const std::string& name : names) {
    const auto digest = oci::Digest::Parse(absl::StrCat("sha256:", name));
    if (!digest.ok()) continue;
    auto info = StatAt(blobs_.get(), *digest);
    // Deleted since the directory was read.
    if (absl::IsNotFound(info.status())) continue;
    if (!info.ok()) return info.status();
    blobs.push_back(*std::move(info));
  }
  return blobs;
}

}  // namespace gantry::image
