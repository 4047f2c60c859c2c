// All containers in memory, found by name, id or the beginning of an id.
//
// Threads: every method by any thread; none of them does anything slow.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_INDEX_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_INDEX_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/sync/mutex.h"
#include "services/runtime/container/container_entry.h"

namespace gantry::runtime {

class ContainerIndex {
 public:
  // Shared: a client that waits for a container may outlast its place here.
  using EntryPtr = std::shared_ptr<ContainerEntry>;

  // Takes a name for a container that is being made.
  //
  // ALREADY_EXISTS with reason NAME_TAKEN.
  absl::Status ReserveName(const std::string& name, const std::string& id);
  // Makes a container visible whose name was reserved.
  void Insert(EntryPtr entry);
  // Gives up what `id` has: its name, and its place if it has one.
  void Remove(const std::string& name, const std::string& id);

  // By a name, with or without "/" before it, an id, or a unique prefix of one.
  //
  // NOT_FOUND with reason CONTAINER_NOT_FOUND.
  // INVALID_ARGUMENT: empty; or reason AMBIGUOUS_ID.
  absl::StatusOr<EntryPtr> Find(const std::string& ref) const;
  // By a complete id; null if there is none.
  EntryPtr FindById(const std::string& id) const;

  // Newest first.
  std::vector<EntryPtr> All() const;
  // Of all containers, and of those that are being made.
  std::vector<std::string> Ids() const;

 private:
  mutable Mutex mu_;
  std::map<std::string, EntryPtr> entries_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::string> names_ ABSL_GUARDED_BY(mu_);
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_INDEX_H_
