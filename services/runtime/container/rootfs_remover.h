// Removes the file systems of containers that are no more, again and again
// while the image service does not answer.
//
// Threads: every method by any thread; it has one of its own.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_ROOTFS_REMOVER_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_ROOTFS_REMOVER_H_

#include <set>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/sync/mutex.h"
#include "services/runtime/container/rootfs_source.h"

namespace gantry::runtime {

class RootfsRemover {
 public:
  // `rootfs` must outlive this object. What fails is tried again after
  // `first_pause`, and then after ever longer ones.
  explicit RootfsRemover(RootfsSource& rootfs,
                         absl::Duration first_pause = absl::Milliseconds(100));
  // What is not removed by then stays, for SyncRootfs after the next start.
  ~RootfsRemover();

  // When this returns it is removed, or will be.
  void Remove(const std::string& container_id);

 private:
  void Run();
  // False if the service does not answer.
  bool TryRemove(const std::string& container_id);

  RootfsSource& rootfs_;
  const absl::Duration first_pause_;
  Mutex mu_;
  CondVar changed_;
  std::set<std::string> waiting_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_ROOTFS_REMOVER_H_
