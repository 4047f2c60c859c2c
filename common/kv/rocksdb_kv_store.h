// A KvStore in a RocksDB database, one column family per family.
//
// Threads: as KvStore.
// On disk: a RocksDB directory; opened by one process at a time.

#ifndef GANTRY_COMMON_KV_ROCKSDB_KV_STORE_H_
#define GANTRY_COMMON_KV_ROCKSDB_KV_STORE_H_

#include <memory>
#include <string>
#include <vector>

#include "common/kv/kv_store.h"

namespace gantry {

class RocksDbKvStore {
 public:
  // Makes the database and missing families. Families that are there and not
  // named are kept and cannot be used.
  //
  // UNAVAILABLE: another process has it open.
  // DATA_LOSS: it is damaged.
  static absl::StatusOr<std::unique_ptr<KvStore>> Open(
      const std::string& path, const std::vector<std::string>& families);
};

}  // namespace gantry

#endif  // GANTRY_COMMON_KV_ROCKSDB_KV_STORE_H_
