// Keeps containers over restarts: their records, their names and the requests
// that made them.
//
// Threads: every method by any thread; changes of one container one at a time.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_STORE_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/runtime/container/container.h"

namespace gantry::runtime {

struct StoredContainer {
  ContainerInfo info;
  // The image's configuration document.
  std::string image_config;
  // The name belongs to it no more: it is being removed.
  bool name_released = false;
  // There may be a shim, a cgroup or processes of it.
  bool may_have_shim = false;
};

struct StoredRequest {
  std::string request_id;
  std::string fingerprint;
  std::string container_id;
  absl::Time expires_at;
};

class ContainerStore {
 public:
  virtual ~ContainerStore() = default;

  // All of them, in any order.
  //
  // DATA_LOSS: a record cannot be read; the message names it.
  virtual absl::StatusOr<std::vector<StoredContainer>> LoadAll() = 0;

  // A new container with its name and the request that made it, in one step;
  // on the disk when it returns.
  virtual absl::Status Create(const StoredContainer& container,
                              const std::optional<StoredRequest>& request) = 0;

  // A change of state: it survives the end of this process, not that of the
  // machine.
  virtual absl::Status Update(const StoredContainer& container) = 0;

  // As Update, and in the same step the name becomes free. With `sync` it is on
  // the disk when it returns.
  virtual absl::Status UpdateAndReleaseName(const StoredContainer& container,
                                            bool sync) = 0;

  // Removes the record of a container whose name was released.
  virtual absl::Status Remove(const std::string& id) = 0;

  // None if it is unknown or expired.
  virtual absl::StatusOr<std::optional<StoredRequest>> FindRequest(
      const std::string& request_id, absl::Time now) = 0;

  virtual absl::Status RemoveExpiredRequests(absl::Time now) = 0;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_STORE_H_
