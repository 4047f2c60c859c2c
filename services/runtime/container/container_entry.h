// One container in memory: its latest record, for readers that wait for
// nobody, and the lock that keeps its steps apart.
//
// Threads: every method by any thread. Publish only with the step lock held.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_ENTRY_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_ENTRY_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/sync/mutex.h"
#include "services/runtime/container/container_store.h"

namespace gantry::runtime {

class ContainerEntry {
 public:
  explicit ContainerEntry(StoredContainer container);

  const std::string& id() const { return id_; }

  // Held for a whole step, over everything slow in it: two steps of one
  // container never overlap.
  Mutex& step_mutex() { return step_mu_; }

  StoredContainer Stored() const;
  ContainerInfo info() const;
  ContainerState state() const;
  bool IsActive() const;

  // Makes `container` what readers see, and wakes those who wait.
  void Publish(StoredContainer container);

  // How often it has ended so far, while this program ran.
  int64_t end_count() const;
  // As end_count(); none unless it is active now.
  std::optional<int64_t> CountIfActive() const;
  // Exit code of its last end.
  int last_exit_code() const;

  // Waits until it has ended more than `count` times. False: `cancelled` (which
  // may be null; it is quick, and asked ten times a second) said so, or the
  // time is over.
  bool WaitForEnd(int64_t count, absl::Time deadline,
                  const std::function<bool()>& cancelled);
  // Makes waiting calls ask `cancelled` at once.
  void Wake();

 private:
  const std::string id_;
  Mutex step_mu_;
  mutable Mutex mu_;
  CondVar changed_;
  StoredContainer container_ ABSL_GUARDED_BY(mu_);
  int64_t end_count_ ABSL_GUARDED_BY(mu_) = 0;
  int last_exit_code_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_ENTRY_H_
