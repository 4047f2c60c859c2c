#include "services/image/metadata/kv_image_store.h"

#include <fnmatch.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/kv/versioned_store.h"
#include "common/oci/reference.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "image_record.pb.h"

namespace gantry::image {
namespace {

constexpr char kNames[] = "images";
constexpr char kIds[] = "image_ids";
constexpr char kBlobs[] = "blobs";
constexpr char kLayers[] = "layers";
constexpr char kSnapshots[] = "snapshots";

constexpr int kRecordVersion = 1;
constexpr size_t kHexDigits = 64;
constexpr size_t kShortDigits = 12;
constexpr char kContainerOwner[] = "container/";

template <typename Record>
absl::StatusOr<Record> Decode(absl::string_view family, absl::string_view key,
                              absl::string_view value) {
  Record record;
  if (!record.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return absl::DataLossError(
        absl::StrCat("the record \"", key, "\" of ", family, " is damaged"));
  }
  return record;
}

std::string HexOf(absl::string_view digest) {
  return std::string(absl::StripPrefix(digest, "sha256:"));
}

absl::string_view Short(absl::string_view hex) {
  return hex.substr(0, kShortDigits);
}

record::ImageRecord ToRecord(const Image& image) {
  record::ImageRecord record;
  record.set_id(image.id.ToString());
  record.set_manifest_digest(image.manifest_digest.ToString());
  for (const oci::Digest& digest : image.diff_ids) {
    record.add_diff_ids(digest.ToString());
  }
  for (const oci::Digest& digest : image.layer_blobs) {
    record.add_layer_blobs(digest.ToString());
  }
  if (image.created_at.has_value()) {
    record.set_created_at(absl::ToUnixNanos(*image.created_at));
  }
  record.set_stored_at(absl::ToUnixNanos(image.stored_at));
  record.set_size_bytes(image.size_bytes);
  record.mutable_platform()->set_os(image.platform.os);
  record.mutable_platform()->set_architecture(image.platform.architecture);
  record.mutable_platform()->set_variant(image.platform.variant);
  for (const auto& [key, value] : image.labels) {
    (*record.mutable_labels())[key] = value;
  }
  return record;
}

absl::StatusOr<Image> FromRecord(const record::ImageRecord& record) {
  Image image;
  GANTRY_ASSIGN_OR_RETURN(image.id, oci::Digest::Parse(record.id()));
  GANTRY_ASSIGN_OR_RETURN(image.manifest_digest,
                          oci::Digest::Parse(record.manifest_digest()));
  for (const std::string& text : record.diff_ids()) {
    GANTRY_ASSIGN_OR_RETURN(oci::Digest digest, oci::Digest::Parse(text));
    image.diff_ids.push_back(std::move(digest));
  }
  for (const std::string& text : record.layer_blobs()) {
    GANTRY_ASSIGN_OR_RETURN(oci::Digest digest, oci::Digest::Parse(text));
    image.layer_blobs.push_back(std::move(digest));
  }
  if (record.has_created_at()) {
    image.created_at = absl::FromUnixNanos(record.created_at());
  }
  image.stored_at = absl::FromUnixNanos(record.stored_at());
  image.size_bytes = record.size_bytes();
  image.platform.os = record.platform().os();
  image.platform.architecture = record.platform().architecture();
  image.platform.variant = record.platform().variant();
  image.labels.insert(record.labels().begin(), record.labels().end());
  image.names.assign(record.names().begin(), record.names().end());
  return image;
}

record::SnapshotRecord ToRecord(const Snapshot& snapshot) {
  record::SnapshotRecord record;
  record.set_key(snapshot.key);
  record.set_image_id(snapshot.image_id.ToString());
  for (const oci::Digest& digest : snapshot.diff_ids) {
    record.add_diff_ids(digest.ToString());
  }
  record.set_owner(snapshot.owner);
  record.set_generation(snapshot.generation);
  record.set_created_at(absl::ToUnixNanos(snapshot.created_at));
  return record;
}

absl::StatusOr<Snapshot> FromRecord(const record::SnapshotRecord& record) {
  Snapshot snapshot;
  snapshot.key = record.key();
  GANTRY_ASSIGN_OR_RETURN(snapshot.image_id,
                          oci::Digest::Parse(record.image_id()));
  for (const std::string& text : record.diff_ids()) {
    GANTRY_ASSIGN_OR_RETURN(oci::Digest digest, oci::Digest::Parse(text));
    snapshot.diff_ids.push_back(std::move(digest));
  }
  snapshot.owner = record.owner();
  snapshot.generation = record.generation();
  snapshot.created_at = absl::FromUnixNanos(record.created_at());
  return snapshot;
}

absl::Status NoSuchImage(absl::string_view image) {
  return Error(absl::StatusCode::kNotFound, "IMAGE_NOT_FOUND",
               absl::StrCat("No such image: ", image),
               {{"image", std::string(image)}});
}

bool IsHex(absl::string_view text) {
  return !text.empty() && text.size() <= kHexDigits &&
         text.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
}

bool IsDigestName(absl::string_view name) {
  return absl::StrContains(name, "@");
}

// "docker.io/library/busybox" of a complete reference.
absl::string_view RepositoryOf(absl::string_view name) {
  name = name.substr(0, name.find('@'));
  const size_t slash = name.rfind('/');
  const size_t colon = name.rfind(':');
  if (colon != absl::string_view::npos &&
      (slash == absl::string_view::npos || colon > slash)) {
    name = name.substr(0, colon);
  }
  return name;
}

// Whether all names are one tag, with digests of the same repository. An id
// stands for such an image without force.
template <typename Names>
bool IsSingleReference(const Names& names) {
  std::set<std::string> repositories;
  int tags = 0;
  for (const std::string& name : names) {
    repositories.emplace(RepositoryOf(name));
    if (!IsDigestName(name)) ++tags;
  }
  return tags <= 1 && repositories.size() <= 1;
}

template <typename Names>
void SetNames(record::ImageRecord& record, const Names& names) {
  record.clear_names();
  for (const std::string& name : names) record.add_names(name);
}

// Which images ListImages wants.
class NameFilter {
 public:
  static absl::StatusOr<NameFilter> Parse(absl::string_view text) {
    NameFilter filter;
    if (text.empty()) return filter;
    if (text.find_first_of("*?[") != absl::string_view::npos) {
      filter.pattern_ = std::string(text);
      return filter;
    }
    GANTRY_ASSIGN_OR_RETURN(const oci::Reference reference,
                            oci::Reference::Parse(text));
    if (RepositoryOf(text).size() == text.size()) {
      filter.repository_ = reference.repository();
    } else {
      filter.name_ = reference.ToString();
    }
    return filter;
  }

  bool Matches(const record::ImageRecord& image) const {
    if (pattern_.empty() && repository_.empty() && name_.empty()) return true;
    return std::any_of(
        image.names().begin(), image.names().end(),
        [this](const std::string& name) { return MatchesName(name); });
  }

 private:
  bool MatchesName(const std::string& name) const {
    if (!repository_.empty()) return RepositoryOf(name) == repository_;
    if (!name_.empty()) return name == name_;
    const auto reference = oci::Reference::Parse(name);
    if (!reference.ok()) return false;
    return fnmatch(pattern_.c_str(), reference->Familiar().c_str(),
                   FNM_PATHNAME) == 0 ||
           fnmatch(pattern_.c_str(), reference->FamiliarRepository().c_str(),
                   FNM_PATHNAME) == 0;
  }

  std::string pattern_;
  std::string repository_;
  std::string name_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<KvStore>> OpenImageDatabase(
    const std::string& path) {
  return OpenVersionedStore(path, {kNames, kIds, kBlobs, kLayers, kSnapshots},
                            kRecordVersion, {});
}

struct KvImageStore::Found {
  record::ImageRecord record;
  // Empty if it was found by its id.
  std::string name;
};

absl::StatusOr<record::ImageRecord> KvImageStore::ReadImage(
    absl::string_view id_hex, absl::string_view asked) {
  GANTRY_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                          kv_.Get(kIds, id_hex));
  if (!value.has_value()) return NoSuchImage(asked);
  return Decode<record::ImageRecord>(kIds, id_hex, *value);
}

absl::Status KvImageStore::FindByName(absl::string_view image, std::string& id,
                                      std::string& name) {
  const auto reference = oci::Reference::Parse(image);
  if (!reference.ok()) return absl::OkStatus();
  // Beside a digest a tag counts for nothing.
  const std::string wanted = reference->digest().has_value()
                                 ? absl::StrCat(reference->repository(), "@",
                                                reference->digest()->ToString())
                                 : reference->ToString();
  GANTRY_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                          kv_.Get(kNames, wanted));
  if (value.has_value()) {
    GANTRY_ASSIGN_OR_RETURN(const record::NameRecord record,
                            Decode<record::NameRecord>(kNames, wanted, *value));
    id = HexOf(record.image_id());
    name = wanted;
    return absl::OkStatus();
  }
  if (!reference->digest().has_value()) return absl::OkStatus();

  // A tag of the repository whose manifest has the digest will do.
  const std::string digest = reference->digest()->ToString();
  const std::string repository = reference->repository();
  absl::Status damaged;
  GANTRY_RETURN_IF_ERROR(kv_.Scan(
      kNames, repository, "",
      [&](absl::string_view key, absl::string_view bytes) {
        if (RepositoryOf(key) != repository) return true;
        const auto record = Decode<record::NameRecord>(kNames, key, bytes);
        if (!record.ok()) {
          damaged = record.status();
          return false;
        }
        if (record->manifest_digest() != digest) return true;
        id = HexOf(record->image_id());
        name = std::string(key);
        return false;
      }));
  return damaged;
}

absl::StatusOr<KvImageStore::Found> KvImageStore::Find(
    absl::string_view image) {
  Found found;
  const absl::string_view hex = absl::StripPrefix(image, "sha256:");
  if (hex.size() == kHexDigits && IsHex(hex)) {
    GANTRY_ASSIGN_OR_RETURN(found.record, ReadImage(hex, image));
    return found;
  }

  std::string id;
  GANTRY_RETURN_IF_ERROR(FindByName(image, id, found.name));
  if (!id.empty()) {
    GANTRY_ASSIGN_OR_RETURN(found.record, ReadImage(id, image));
    return found;
  }

  if (IsHex(hex)) {
    int matches = 0;
    GANTRY_RETURN_IF_ERROR(kv_.Scan(
        kIds, hex, "", [&](absl::string_view key, absl::string_view /*value*/) {
          id = std::string(key);
          return ++matches < 2;
        }));
    if (matches > 1) {
      return Error(
          absl::StatusCode::kInvalidArgument, "IMAGE_ID_AMBIGUOUS",
          absl::StrCat("multiple IDs found with provided prefix: ", image),
          {{"image", std::string(image)}});
    }
    if (matches == 1) {
      GANTRY_ASSIGN_OR_RETURN(found.record, ReadImage(id, image));
      return found;
    }
    if (hex.size() != image.size()) return NoSuchImage(image);
  }

  GANTRY_ASSIGN_OR_RETURN(const oci::Reference reference,
                          oci::Reference::Parse(image));
  return NoSuchImage(reference.Familiar());
}

absl::StatusOr<std::vector<Snapshot>> KvImageStore::ReadSnapshots() {
  std::vector<Snapshot> snapshots;
  absl::Status damaged;
  GANTRY_RETURN_IF_ERROR(kv_.Scan(
      kSnapshots, "", "", [&](absl::string_view key, absl::string_view value) {
        const auto record =
            Decode<record::SnapshotRecord>(kSnapshots, key, value);
        if (!record.ok()) {
          damaged = record.status();
          return false;
        }
        auto snapshot = FromRecord(*record);
        if (!snapshot.ok()) {
          damaged = snapshot.status();
          return false;
        }
        snapshots.push_back(*std::move(snapshot));
        return true;
      }));
  GANTRY_RETURN_IF_ERROR(damaged);
  return snapshots;
}

absl::Status KvImageStore::PutImage(const Image& image,
                                    const std::vector<BlobEntry>& blobs,
                                    const std::vector<LayerEntry>& layers) {
  MutexLock lock(mu_);
  WriteBatch batch;
  const std::string id = image.id.ToString();
  record::ImageRecord record = ToRecord(image);

  std::set<std::string> names(image.names.begin(), image.names.end());
  GANTRY_ASSIGN_OR_RETURN(const std::optional<std::string> old,
                          kv_.Get(kIds, image.id.hex()));
  if (old.has_value()) {
    GANTRY_ASSIGN_OR_RETURN(
        const record::ImageRecord before,
        Decode<record::ImageRecord>(kIds, image.id.hex(), *old));
    names.insert(before.names().begin(), before.names().end());
  }
  SetNames(record, names);

  // Take the names from the images that have them now.
  std::map<std::string, record::ImageRecord> losers;
  for (const std::string& name : image.names) {
    GANTRY_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                            kv_.Get(kNames, name));
    if (!value.has_value()) continue;
    GANTRY_ASSIGN_OR_RETURN(const record::NameRecord holder,
                            Decode<record::NameRecord>(kNames, name, *value));
    if (holder.image_id() == id) continue;
    const std::string hex = HexOf(holder.image_id());
    if (losers.find(hex) == losers.end()) {
      auto loser = ReadImage(hex, hex);
      if (!loser.ok()) return loser.status();
      losers[hex] = *std::move(loser);
    }
    record::ImageRecord& loser = losers[hex];
    std::set<std::string> rest(loser.names().begin(), loser.names().end());
    rest.erase(name);
    SetNames(loser, rest);
  }
  for (const auto& [hex, loser] : losers) {
    batch.Put(kIds, hex, loser.SerializeAsString());
  }

  for (const std::string& name : names) {
    record::NameRecord name_record;
    name_record.set_image_id(id);
    name_record.set_manifest_digest(record.manifest_digest());
    batch.Put(kNames, name, name_record.SerializeAsString());
  }
  for (const BlobEntry& blob : blobs) {
    record::BlobRecord blob_record;
    blob_record.set_size_bytes(blob.size_bytes);
    batch.Put(kBlobs, blob.digest.hex(), blob_record.SerializeAsString());
  }
  for (const LayerEntry& layer : layers) {
    record::LayerRecord layer_record;
    layer_record.set_format(layer.format);
    layer_record.set_size_bytes(layer.size_bytes);
    layer_record.set_key_kind("diff_id");
    batch.Put(kLayers, layer.diff_id.hex(), layer_record.SerializeAsString());
  }
  batch.Put(kIds, image.id.hex(), record.SerializeAsString());
  return kv_.Write(batch, /*sync=*/true);
}

absl::StatusOr<Image> KvImageStore::FindImage(absl::string_view image) {
  MutexLock lock(mu_);
  GANTRY_ASSIGN_OR_RETURN(const Found found, Find(image));
  GANTRY_ASSIGN_OR_RETURN(Image result, FromRecord(found.record));
  GANTRY_ASSIGN_OR_RETURN(const std::vector<Snapshot> snapshots,
                          ReadSnapshots());
  for (const Snapshot& snapshot : snapshots) {
    if (snapshot.image_id == result.id &&
        absl::StartsWith(snapshot.owner, kContainerOwner)) {
      ++result.container_count;
    }
  }
  return result;
}

absl::StatusOr<std::vector<Image>> KvImageStore::ListImages(
    absl::string_view reference, absl::string_view start_after, int limit) {
  GANTRY_ASSIGN_OR_RETURN(const NameFilter filter,
                          NameFilter::Parse(reference));
  std::vector<Image> images;
  if (limit <= 0) return images;

  MutexLock lock(mu_);
  GANTRY_ASSIGN_OR_RETURN(const std::vector<Snapshot> snapshots,
                          ReadSnapshots());
  std::map<oci::Digest, int> containers;
  for (const Snapshot& snapshot : snapshots) {
    if (absl::StartsWith(snapshot.owner, kContainerOwner)) {
      ++containers[snapshot.image_id];
    }
  }
  absl::Status damaged;
  GANTRY_RETURN_IF_ERROR(kv_.Scan(
      kIds, "", start_after,
      [&](absl::string_view key, absl::string_view value) {
        const auto record = Decode<record::ImageRecord>(kIds, key, value);
        if (!record.ok()) {
          damaged = record.status();
          return false;
        }
        if (!filter.Matches(*record)) return true;
        auto image = FromRecord(*record);
        if (!image.ok()) {
          damaged = image.status();
          return false;
        }
        if (const auto count = containers.find(image->id);
            count != containers.end()) {
          image->container_count = count->second;
        }
        images.push_back(*std::move(image));
        return static_cast<int>(images.size()) < limit;
      }));
  GANTRY_RETURN_IF_ERROR(damaged);
  return images;
}

absl::StatusOr<RemovedImage> KvImageStore::RemoveImage(absl::string_view image,
                                                       bool force) {
  MutexLock lock(mu_);
  GANTRY_ASSIGN_OR_RETURN(Found found, Find(image));
  const std::string id_hex = HexOf(found.record.id());
  const std::string id_short(Short(id_hex));
  std::set<std::string> names(found.record.names().begin(),
                              found.record.names().end());

  std::string user;
  GANTRY_ASSIGN_OR_RETURN(const std::vector<Snapshot> snapshots,
                          ReadSnapshots());
  for (const Snapshot& snapshot : snapshots) {
    if (snapshot.image_id.hex() == id_hex) {
      user = snapshot.key;
      break;
    }
  }

  RemovedImage removed;
  if (!found.name.empty()) {
    if (!force && !user.empty() && IsSingleReference(names)) {
      return Error(
          absl::StatusCode::kFailedPrecondition, "IMAGE_IN_USE",
          absl::StrCat("conflict: unable to remove repository reference \"",
                       image, "\" (must force) - container ", Short(user),
                       " is using its referenced image ", id_short),
          {{"image", "sha256:" + id_hex}, {"container", user}});
    }
    removed.untagged_names.push_back(found.name);
    names.erase(found.name);
    // Digests of a repository go with its last tag.
    const absl::string_view repository = RepositoryOf(found.name);
    const bool tag_left =
        std::any_of(names.begin(), names.end(), [&](const std::string& name) {
          return RepositoryOf(name) == repository && !IsDigestName(name);
        });
    if (!tag_left && !IsDigestName(found.name)) {
      for (auto it = names.begin(); it != names.end();) {
        if (RepositoryOf(*it) == repository) {
          removed.untagged_names.push_back(*it);
          it = names.erase(it);
        } else {
          ++it;
        }
      }
    }
  } else {
    if (!force && !IsSingleReference(names)) {
      return Error(absl::StatusCode::kFailedPrecondition,
                   "IMAGE_HAS_SEVERAL_NAMES",
                   absl::StrCat("conflict: unable to delete ", id_short,
                                " (must be forced) - image is referenced in "
                                "multiple repositories"),
                   {{"image", "sha256:" + id_hex}});
    }
    if (!force && !user.empty()) {
      return Error(absl::StatusCode::kFailedPrecondition, "IMAGE_IN_USE",
                   absl::StrCat("conflict: unable to delete ", id_short,
                                " (must be forced) - image is being used by "
                                "container ",
                                Short(user)),
                   {{"image", "sha256:" + id_hex}, {"container", user}});
    }
    removed.untagged_names.assign(names.begin(), names.end());
    names.clear();
  }

  WriteBatch batch;
  for (const std::string& name : removed.untagged_names) {
    batch.Delete(kNames, name);
  }
  if (names.empty() && user.empty()) {
    batch.Delete(kIds, id_hex);
    GANTRY_ASSIGN_OR_RETURN(removed.deleted_id,
                            oci::Digest::Parse(found.record.id()));
  } else {
    found.record.set_remove_when_unused(names.empty());
    SetNames(found.record, names);
    batch.Put(kIds, id_hex, found.record.SerializeAsString());
  }
  GANTRY_RETURN_IF_ERROR(kv_.Write(batch, /*sync=*/true));
  return removed;
}

absl::Status KvImageStore::PutSnapshot(const Snapshot& snapshot) {
  MutexLock lock(mu_);
  GANTRY_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                          kv_.Get(kSnapshots, snapshot.key));
  WriteBatch batch;
  if (value.has_value()) {
    GANTRY_ASSIGN_OR_RETURN(
        record::SnapshotRecord before,
        Decode<record::SnapshotRecord>(kSnapshots, snapshot.key, *value));
    if (before.owner() != snapshot.owner ||
        before.image_id() != snapshot.image_id.ToString()) {
      return Error(
          absl::StatusCode::kAlreadyExists, "SNAPSHOT_KEY_TAKEN",
          absl::StrCat("the snapshot ", snapshot.key, " belongs to ",
                       before.owner(), " and is made of ", before.image_id()),
          {{"key", snapshot.key}, {"owner", before.owner()}});
    }
    if (before.generation() >= snapshot.generation) return absl::OkStatus();
    before.set_generation(snapshot.generation);
    batch.Put(kSnapshots, snapshot.key, before.SerializeAsString());
  } else {
    GANTRY_RETURN_IF_ERROR(
        ReadImage(snapshot.image_id.hex(), snapshot.image_id.ToString())
            .status());
    batch.Put(kSnapshots, snapshot.key, ToRecord(snapshot).SerializeAsString());
  }
  return kv_.Write(batch, /*sync=*/true);
}

absl::StatusOr<Snapshot> KvImageStore::FindSnapshot(absl::string_view key) {
  MutexLock lock(mu_);
  GANTRY_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                          kv_.Get(kSnapshots, key));
  if (!value.has_value()) {
    return Error(absl::StatusCode::kNotFound, "SNAPSHOT_NOT_FOUND",
                 absl::StrCat("no such snapshot: ", key),
                 {{"key", std::string(key)}});
  }
  GANTRY_ASSIGN_OR_RETURN(
      const record::SnapshotRecord record,
      Decode<record::SnapshotRecord>(kSnapshots, key, *value));
  return FromRecord(record);
}

absl::StatusOr<std::vector<Snapshot>> KvImageStore::ListSnapshots(
    absl::string_view owner_prefix) {
  MutexLock lock(mu_);
  GANTRY_ASSIGN_OR_RETURN(std::vector<Snapshot> snapshots, ReadSnapshots());
  snapshots.erase(std::remove_if(snapshots.begin(), snapshots.end(),
                                 [&](const Snapshot& snapshot) {
                                   return !absl::StartsWith(snapshot.owner,
                                                            owner_prefix);
                                 }),
                  snapshots.end());
  return snapshots;
}

absl::StatusOr<RemovedSnapshot> KvImageStore::RemoveSnapshot(
    absl::string_view key) {
  MutexLock lock(mu_);
  RemovedSnapshot removed;
  GANTRY_ASSIGN_OR_RETURN(const std::vector<Snapshot> snapshots,
                          ReadSnapshots());
  const auto snapshot =
      std::find_if(snapshots.begin(), snapshots.end(),
                   [&](const Snapshot& s) { return s.key == key; });
  if (snapshot == snapshots.end()) return removed;
  removed.existed = true;

  WriteBatch batch;
  batch.Delete(kSnapshots, key);
  const bool used_elsewhere = std::any_of(
      snapshots.begin(), snapshots.end(), [&](const Snapshot& other) {
        return other.key != key && other.image_id == snapshot->image_id;
      });
  if (!used_elsewhere) {
    const std::string& hex = snapshot->image_id.hex();
    const absl::StatusOr<record::ImageRecord> image = ReadImage(hex, hex);
    if (image.ok() && image->remove_when_unused() && image->names().empty()) {
      batch.Delete(kIds, hex);
      removed.deleted_image_id = snapshot->image_id;
    }
  }
  GANTRY_RETURN_IF_ERROR(kv_.Write(batch, /*sync=*/true));
  return removed;
}

absl::StatusOr<Reachable> KvImageStore::FindReachable() {
  MutexLock lock(mu_);
  Reachable reachable;
  absl::Status damaged;
  GANTRY_RETURN_IF_ERROR(kv_.Scan(
      kIds, "", "", [&](absl::string_view key, absl::string_view value) {
        const auto record = Decode<record::ImageRecord>(kIds, key, value);
        if (!record.ok()) {
          damaged = record.status();
          return false;
        }
        auto image = FromRecord(*record);
        if (!image.ok()) {
          damaged = image.status();
          return false;
        }
        reachable.blobs.insert(image->id);
        reachable.blobs.insert(image->manifest_digest);
        reachable.blobs.insert(image->layer_blobs.begin(),
                               image->layer_blobs.end());
        reachable.layers.insert(image->diff_ids.begin(), image->diff_ids.end());
        return true;
      }));
  GANTRY_RETURN_IF_ERROR(damaged);
  GANTRY_ASSIGN_OR_RETURN(const std::vector<Snapshot> snapshots,
                          ReadSnapshots());
  for (const Snapshot& snapshot : snapshots) {
    reachable.layers.insert(snapshot.diff_ids.begin(), snapshot.diff_ids.end());
  }
  return reachable;
}

absl::Status KvImageStore::Forget(const std::vector<oci::Digest>& blobs,
                                  const std::vector<oci::Digest>& layers) {
  if (blobs.empty() && layers.empty()) return absl::OkStatus();
  WriteBatch batch;
  for (const oci::Digest& digest : blobs) batch.Delete(kBlobs, digest.hex());
  for (const oci::Digest& diff_id : layers) {
    batch.Delete(kLayers, diff_id.hex());
  }
  MutexLock lock(mu_);
  return kv_.Write(batch, /*sync=*/true);
}

absl::StatusOr<int64_t> KvImageStore::CountImages() {
  MutexLock lock(mu_);
  int64_t count = 0;
  GANTRY_RETURN_IF_ERROR(
      kv_.Scan(kIds, "", "", [&](absl::string_view, absl::string_view) {
        ++count;
        return true;
      }));
  return count;
}

absl::StatusOr<int64_t> KvImageStore::CountSnapshots() {
  MutexLock lock(mu_);
  int64_t count = 0;
  GANTRY_RETURN_IF_ERROR(
      kv_.Scan(kSnapshots, "", "", [&](absl::string_view, absl::string_view) {
        ++count;
        return true;
      }));
  return count;
}

}  // namespace gantry::image
