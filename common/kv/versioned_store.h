// Opens a RocksDB store whose records have a format version. An older store is
// migrated, a newer one is refused.
//
// Before the first migration a checkpoint is made beside the store,
// "<path>.before-v<version>", and kept. The version is written after each
// migration, so one that was cut off is run again: migrations are idempotent.
//
// Threads: a free function; the store is as KvStore.
// On disk: the version is the key "version" of the family "meta".

#ifndef GANTRY_COMMON_KV_VERSIONED_STORE_H_
#define GANTRY_COMMON_KV_VERSIONED_STORE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/kv/kv_store.h"

namespace gantry {

struct Migration {
  // Brings a store of this version to the next one.
  int from_version = 0;
  std::function<absl::Status(KvStore& store)> run;
};

// FAILED_PRECONDITION: the store is newer than `version`, or too old for the
// migrations. Other errors: as RocksDbKvStore::Open.
absl::StatusOr<std::unique_ptr<KvStore>> OpenVersionedStore(
    const std::string& path, std::vector<std::string> families, int version,
    const std::vector<Migration>& migrations);

}  // namespace gantry

#endif  // GANTRY_COMMON_KV_VERSIONED_STORE_H_
