// Makes containers: checks what is asked for, takes the name, prepares the file
// system and writes the record, or leaves nothing behind.
//
// Threads: every method by any thread.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_CREATOR_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_CREATOR_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/sync/mutex.h"
#include "services/runtime/container/container.h"
#include "services/runtime/container/container_directory.h"
#include "services/runtime/container/container_index.h"
#include "services/runtime/container/container_store.h"
#include "services/runtime/container/rootfs_remover.h"
#include "services/runtime/container/rootfs_source.h"

namespace gantry::runtime {

struct Created {
  ContainerInfo container;
  // What was asked for and cannot be had, a sentence each.
  std::vector<std::string> warnings;
};

struct CreatorOptions {
  // Names that options.runtime takes, and the program of each.
  std::map<std::string, std::string> runtimes;
  std::string default_runtime;
};

class ContainerCreator {
 public:
  // Borrows all, which must outlive it.
  ContainerCreator(CreatorOptions options, ContainerStore& store,
                   RootfsSource& rootfs, RootfsRemover& remover,
                   const ContainerDirectory& directory, ContainerIndex& index);

  // See ContainerLifecycle::Create.
  absl::StatusOr<Created> Create(const std::string& request_id,
                                 const std::string& request_fingerprint,
                                 const std::string& name,
                                 const ContainerOptions& options);

 private:
  // Holds a request id while a call works with it, so that the same request
  // twice at a time is done once.
  class RequestHold;

  // The container that an earlier call of this request made; none if this is
  // the first.
  absl::StatusOr<std::optional<ContainerInfo>> FindEarlier(
      const std::string& request_id, const std::string& fingerprint);
  // Takes `name`, or a made-up one if it is empty, for the container `id`.
  absl::StatusOr<std::string> ReserveName(const std::string& name,
                                          const std::string& id);
  // Fills what depends on the image, and makes files.
  absl::Status PrepareContainer(StoredContainer& container,
                                std::vector<std::string>& warnings);

  const CreatorOptions options_;
  ContainerStore& store_;
  RootfsSource& rootfs_;
  RootfsRemover& remover_;
  const ContainerDirectory& directory_;
  ContainerIndex& index_;

  Mutex mu_;
  CondVar changed_;
  std::set<std::string> requests_under_way_ ABSL_GUARDED_BY(mu_);
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_CREATOR_H_
