// File systems of containers as plain directories, for tests. It has one image,
// "busybox".
//
// Threads: any.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_FAKE_ROOTFS_SOURCE_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_FAKE_ROOTFS_SOURCE_H_

#include <set>
#include <string>
#include <vector>

#include "common/fs/temp_dir.h"
#include "common/sync/mutex.h"
#include "services/runtime/container/rootfs_source.h"

namespace gantry::runtime {

class FakeRootfsSource : public RootfsSource {
 public:
  FakeRootfsSource();

  absl::StatusOr<PreparedRootfs> Prepare(const std::string& container_id,
                                         const std::string& image) override;
  absl::StatusOr<UniqueFd> Mount(const std::string& container_id) override;
  absl::Status Remove(const std::string& container_id) override;
  // Removes all others.
  absl::Status Sync(const std::vector<std::string>& container_ids) override;

  // The image's configuration document from now on.
  void SetConfig(std::string config_json);
  // Ids of the containers that have a file system.
  std::vector<std::string> Ids();
  int sync_count();

 private:
  TempDir dir_;
  Mutex mu_;
  std::string config_json_ ABSL_GUARDED_BY(mu_);
  std::set<std::string> ids_ ABSL_GUARDED_BY(mu_);
  int sync_count_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_FAKE_ROOTFS_SOURCE_H_
