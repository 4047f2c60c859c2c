// KvStore keeps records: byte strings under byte string keys, in named families
// whose keys are ordered bytewise. All changes of one batch happen or none.
//
// Threads: a store may be shared by any number of threads.

#ifndef GANTRY_COMMON_KV_KV_STORE_H_
#define GANTRY_COMMON_KV_KV_STORE_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gantry {

// Changes that are written together, in this order.
class WriteBatch {
 public:
  struct Change {
    std::string family;
    std::string key;
    // None deletes the key.
    std::optional<std::string> value;
  };

  void Put(absl::string_view family, absl::string_view key,
           absl::string_view value) {
    changes_.push_back(
        {std::string(family), std::string(key), std::string(value)});
  }
  // A key that is not there is no error.
  void Delete(absl::string_view family, absl::string_view key) {
    changes_.push_back({std::string(family), std::string(key), std::nullopt});
  }
  const std::vector<Change>& changes() const { return changes_; }

 private:
  std::vector<Change> changes_;
};

class KvStore {
 public:
  virtual ~KvStore() = default;

  // None if there is no such key.
  //
  // INVALID_ARGUMENT: the store has no such family (all methods).
  virtual absl::StatusOr<std::optional<std::string>> Get(
      absl::string_view family, absl::string_view key) = 0;

  // With `sync` the changes survive a loss of power after this returns; without
  // it, the end of the process.
  //
  // RESOURCE_EXHAUSTED: the disk is full.
  virtual absl::Status Write(const WriteBatch& batch, bool sync) = 0;

  // Calls `visit` for each key that begins with `prefix` and comes after
  // `start_after` (empty: from the first), in order, until it returns false.
  // Sees the store as it was at the call.
  virtual absl::Status Scan(
      absl::string_view family, absl::string_view prefix,
      absl::string_view start_after,
      const std::function<bool(absl::string_view key, absl::string_view value)>&
          visit) = 0;

  // A copy of the whole store in a new directory, made of hard links.
  //
  // ALREADY_EXISTS: `directory` is there.
  virtual absl::Status Checkpoint(const std::string& directory) = 0;
};

}  // namespace gantry

#endif  // GANTRY_COMMON_KV_KV_STORE_H_
