#include "common/kv/versioned_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/kv/rocksdb_kv_store.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace gantry {
namespace {

constexpr char kMetaFamily[] = "meta";
constexpr char kVersionKey[] = "version";

absl::Status WriteVersion(KvStore& store, int version) {
  WriteBatch batch;
  batch.Put(kMetaFamily, kVersionKey, absl::StrCat(version));
  return store.Write(batch, /*sync=*/true);
}

// 0 for a new store.
absl::StatusOr<int> ReadVersion(KvStore& store, const std::string& path) {
  GANTRY_ASSIGN_OR_RETURN(const std::optional<std::string> text,
                          store.Get(kMetaFamily, kVersionKey));
  if (!text.has_value()) return 0;
  int version = 0;
  if (!absl::SimpleAtoi(*text, &version) || version < 1) {
    return absl::DataLossError(
        absl::StrCat("the store ", path, " has no readable version"));
  }
  return version;
}

absl::Status MakeCheckpoint(KvStore& store, const std::string& path,
                            int version) {
  const absl::Status made =
      store.Checkpoint(absl::StrCat(path, ".before-v", version));
  return absl::IsAlreadyExists(made) ? absl::OkStatus() : made;
}

absl::Status Migrate(KvStore& store, const std::string& path, int from, int to,
                     const std::vector<Migration>& migrations) {
  GANTRY_RETURN_IF_ERROR(MakeCheckpoint(store, path, to));
  for (int version = from; version < to; ++version) {
    const auto step = std::find_if(
        migrations.begin(), migrations.end(),
        [&](const Migration& m) { return m.from_version == version; });
    if (step == migrations.end()) {
      return absl::FailedPreconditionError(
          absl::StrCat("the store ", path, " has format ", version,
                       ", which this version cannot bring up to format ", to,
                       "; start the version before this one first"));
    }
    GANTRY_RETURN_IF_ERROR(
        Annotate(step->run(store),
                 absl::StrCat("migrate ", path, " from format ", version)));
    GANTRY_RETURN_IF_ERROR(WriteVersion(store, version + 1));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<KvStore>> OpenVersionedStore(
    const std::string& path, std::vector<std::string> families, int version,
    const std::vector<Migration>& migrations) {
  families.emplace_back(kMetaFamily);
  GANTRY_ASSIGN_OR_RETURN(std::unique_ptr<KvStore> store,
                          RocksDbKvStore::Open(path, families));
  GANTRY_ASSIGN_OR_RETURN(const int found, ReadVersion(*store, path));
  if (found > version) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the store ", path, " has format ", found,
        ", this version reads up to ", version, "; start a newer version"));
  }
  if (found == 0) {
    GANTRY_RETURN_IF_ERROR(WriteVersion(*store, version));
  } else if (found < version) {
    GANTRY_RETURN_IF_ERROR(Migrate(*store, path, found, version, migrations));
  }
  return store;
}

}  // namespace gantry
