// A KvStore in memory, for tests. It has every family from the start.

#ifndef GANTRY_COMMON_KV_FAKE_KV_STORE_H_
#define GANTRY_COMMON_KV_FAKE_KV_STORE_H_

#include <map>
#include <string>
#include <utility>

#include "common/kv/kv_store.h"
#include "common/sync/mutex.h"

namespace gantry {

class FakeKvStore : public KvStore {
 public:
  // Every later write fails so, and changes nothing; OK ends it.
  void FailWrites(absl::Status status);

  absl::StatusOr<std::optional<std::string>> Get(
      absl::string_view family, absl::string_view key) override;
  absl::Status Write(const WriteBatch& batch, bool sync) override;
  absl::Status Scan(
      absl::string_view family, absl::string_view prefix,
      absl::string_view start_after,
      const std::function<bool(absl::string_view, absl::string_view)>& visit)
      override;
  // Keeps nothing.
  absl::Status Checkpoint(const std::string& directory) override;

 private:
  using Family = std::map<std::string, std::string>;

  Mutex mu_;
  std::map<std::string, Family> families_ ABSL_GUARDED_BY(mu_);
  absl::Status write_error_ ABSL_GUARDED_BY(mu_);
};

}  // namespace gantry

#endif  // GANTRY_COMMON_KV_FAKE_KV_STORE_H_
