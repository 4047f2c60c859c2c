#include "services/image/layer/tree_layer_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/fs/file.h"
#include "common/id/random_id.h"
#include "common/status/status_macros.h"
#include "services/image/layer/decompressor.h"
#include "services/image/layer/layer_writer.h"
#include "services/image/layer/tar_reader.h"

namespace gantry::image {
namespace {

constexpr char kFormat[] = "tree";
constexpr absl::string_view kNewPrefix = ".new-";
// Of a layer that goes: out of sight first, so that a crash leaves no half
// layer.
constexpr absl::string_view kOldPrefix = ".old-";

// Passes bytes on, and knows their digest and how many there were.
class MeasuredSource : public ByteSource {
 public:
  MeasuredSource(ByteSource& source, int64_t max_bytes)
      : source_(source), max_bytes_(max_bytes) {}

  absl::StatusOr<absl::string_view> Next() override {
    GANTRY_ASSIGN_OR_RETURN(const absl::string_view chunk, source_.Next());
    hasher_.Update(chunk);
    bytes_ += static_cast<int64_t>(chunk.size());
    if (bytes_ > max_bytes_) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the layer has more than ", max_bytes_, " bytes"));
    }
    return chunk;
  }

  oci::Digest Finish() { return hasher_.Finish(); }

 private:
  ByteSource& source_;
  const int64_t max_bytes_;
  oci::DigestHasher hasher_;
  int64_t bytes_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TreeLayerStore>> TreeLayerStore::Create(
    const std::string& directory) {
  GANTRY_RETURN_IF_ERROR(MakeDirectories(directory, 0700));
  GANTRY_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                          ListDirectory(directory));
  for (const std::string& name : names) {
    if (absl::StartsWith(name, kNewPrefix) ||
        absl::StartsWith(name, kOldPrefix)) {
      GANTRY_RETURN_IF_ERROR(RemoveTree(absl::StrCat(directory, "/", name)));
    }
  }
  return std::unique_ptr<TreeLayerStore>(new TreeLayerStore(directory));
}

std::string TreeLayerStore::DirectoryOf(const oci::Digest& diff_id) const {
  return absl::StrCat(directory_, "/", diff_id.hex());
}

absl::StatusOr<LayerInfo> TreeLayerStore::Unpack(
    ByteSource& tar, const oci::Digest& expected_diff_id,
    const LayerLimits& limits) {
  if (absl::StatusOr<LayerInfo> there = Stat(expected_diff_id); there.ok())
    return there;
  const std::string path =
      absl::StrCat(directory_, "/", kNewPrefix, RandomHex(8));
  const absl::Cleanup remove = [&path] { RemoveTree(path).IgnoreError(); };
  GANTRY_RETURN_IF_ERROR(UnpackTo(path, tar, expected_diff_id, limits));
  if (::rename(path.c_str(), DirectoryOf(expected_diff_id).c_str()) != 0 &&
      errno != EEXIST && errno != ENOTEMPTY) {
    return absl::ErrnoToStatus(errno, absl::StrCat("rename ", path));
  }
  GANTRY_RETURN_IF_ERROR(SyncDirectory(directory_));
  return Stat(expected_diff_id);
}

absl::Status TreeLayerStore::UnpackTo(const std::string& path, ByteSource& tar,
                                      const oci::Digest& expected_diff_id,
                                      const LayerLimits& limits) {
  GANTRY_RETURN_IF_ERROR(MakeDirectories(path, 0700));
  GANTRY_RETURN_IF_ERROR(MakeDirectories(path + "/tree", 0755));
  GANTRY_ASSIGN_OR_RETURN(UniqueFd root, OpenDirectory(path + "/tree"));
  GANTRY_ASSIGN_OR_RETURN(const UniqueFd whole, OpenDirectory(path));
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> plain,
                          OpenDecompressed(tar, limits.inflate));
  MeasuredSource measured(*plain, limits.max_bytes);
  TarReader reader(measured);
  LayerWriter writer(std::move(root), limits);
  while (true) {
    GANTRY_ASSIGN_OR_RETURN(archive_entry* const entry, reader.Next());
    if (entry == nullptr) break;
    GANTRY_RETURN_IF_ERROR(writer.Write(entry, reader));
  }
  GANTRY_RETURN_IF_ERROR(reader.Drain());
  const oci::Digest diff_id = measured.Finish();
  if (diff_id != expected_diff_id) {
    return absl::DataLossError(absl::StrCat("the layer's content is ",
                                            diff_id.ToString(), ", not ",
                                            expected_diff_id.ToString()));
  }
  GANTRY_RETURN_IF_ERROR(writer.Finish());
  GANTRY_RETURN_IF_ERROR(WriteFileAtomically(
      path + "/size", absl::StrCat(writer.size_bytes()), 0600, /*sync=*/false));
  // One flush for all files: they are on the disk before the layer has its
  // name.
  if (::syncfs(whole.get()) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("flush ", path));
  }
  return absl::OkStatus();
}

absl::StatusOr<LayerInfo> TreeLayerStore::Stat(const oci::Digest& diff_id) {
  const absl::StatusOr<std::string> text =
      ReadFile(DirectoryOf(diff_id) + "/size", 64);
  if (absl::IsNotFound(text.status())) {
    return absl::NotFoundError(
        absl::StrCat("there is no layer ", diff_id.ToString()));
  }
  if (!text.ok()) return text.status();
  LayerInfo info{diff_id, 0, kFormat};
  if (!absl::SimpleAtoi(*text, &info.size_bytes)) {
    return absl::DataLossError(absl::StrCat(
        "the size of the layer ", diff_id.ToString(), " cannot be read"));
  }
  return info;
}

absl::StatusOr<std::string> TreeLayerStore::Path(const oci::Digest& diff_id) {
  GANTRY_RETURN_IF_ERROR(Stat(diff_id).status());
  return DirectoryOf(diff_id) + "/tree";
}

absl::Status TreeLayerStore::Remove(const oci::Digest& diff_id) {
  GANTRY_RETURN_IF_ERROR(Stat(diff_id).status());
  const std::string old =
      absl::StrCat(directory_, "/", kOldPrefix, RandomHex(8));
  if (::rename(DirectoryOf(diff_id).c_str(), old.c_str()) != 0) {
    return absl::ErrnoToStatus(errno,
                               absl::StrCat("remove ", DirectoryOf(diff_id)));
  }
  return RemoveTree(old);
}

absl::StatusOr<std::vector<LayerInfo>> TreeLayerStore::List() {
  GANTRY_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                          ListDirectory(directory_));
  std::vector<LayerInfo> layers;
  for (const std::string& name : names) {
    const absl::StatusOr<oci::Digest> diff_id =
        oci::Digest::Parse("sha256:" + name);
    if (!diff_id.ok()) continue;
    const absl::StatusOr<LayerInfo> info = Stat(*diff_id);
    if (info.ok()) layers.push_back(*info);
  }
  return layers;
}

}  // namespace gantry::image
