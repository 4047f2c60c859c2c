// Network namespaces with a loopback that is up, made ahead: making one takes
// the kernel longer than all else of a container's start.
//
// Threads: every method by any thread; it has one of its own, which makes them.

#ifndef GANTRY_SERVICES_RUNTIME_NETWORK_NETNS_POOL_H_
#define GANTRY_SERVICES_RUNTIME_NETWORK_NETNS_POOL_H_

#include <cstddef>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/fs/unique_fd.h"
#include "common/sync/mutex.h"

namespace gantry::runtime {

class NetnsPool {
 public:
  // Keeps `size` in stock.
  explicit NetnsPool(size_t size);
  ~NetnsPool();

  // A namespace that nobody else has; it lives as long as this descriptor or a
  // process in it. Waits if none is ready.
  //
  // PERMISSION_DENIED, RESOURCE_EXHAUSTED and the like: the kernel makes none.
  absl::StatusOr<UniqueFd> Take();

 private:
  void Run();

  const size_t size_;
  Mutex mu_;
  CondVar changed_;
  std::vector<UniqueFd> ready_ ABSL_GUARDED_BY(mu_);
  // Of the last attempt.
  absl::Status status_ ABSL_GUARDED_BY(mu_);
  int waiting_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

// Makes one. The calling thread is in it afterwards, and cannot go back.
absl::StatusOr<UniqueFd> MakeNetns();

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_NETWORK_NETNS_POOL_H_
