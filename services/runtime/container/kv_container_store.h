// ContainerStore over a KvStore.
//
//   auto kv = OpenVersionedStore(path, KvContainerStore::Families(),
//                                KvContainerStore::kVersion, {});
//   KvContainerStore store(**kv);
//
// Threads: as ContainerStore.
// On disk: families containers (id → ContainerRecord), names (name → id) and
// requests (request id → RequestRecord) of container_record.proto.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_KV_CONTAINER_STORE_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_KV_CONTAINER_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "common/kv/kv_store.h"
#include "services/runtime/container/container_store.h"

namespace gantry::runtime {

class KvContainerStore : public ContainerStore {
 public:
  static constexpr int kVersion = 1;
  static std::vector<std::string> Families();

  // Borrows `kv`, which must outlive it.
  explicit KvContainerStore(KvStore& kv) : kv_(kv) {}

  absl::StatusOr<std::vector<StoredContainer>> LoadAll() override;
  absl::Status Create(const StoredContainer& container,
                      const std::optional<StoredRequest>& request) override;
  absl::Status Update(const StoredContainer& container) override;
  absl::Status UpdateAndReleaseName(const StoredContainer& container,
                                    bool sync) override;
  absl::Status Remove(const std::string& id) override;
  absl::StatusOr<std::optional<StoredRequest>> FindRequest(
      const std::string& request_id, absl::Time now) override;
  absl::Status RemoveExpiredRequests(absl::Time now) override;

 private:
  KvStore& kv_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_KV_CONTAINER_STORE_H_
