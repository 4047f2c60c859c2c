#include "services/runtime/remote/image_rootfs_source.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/oci/reference.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace gantry::runtime {
namespace {

constexpr char kOwnerPrefix[] = "container/";

// A lost connection says what to do; all else is the image service's own
// answer.
absl::Status Explained(const absl::Status& status) {
  if (!absl::IsUnavailable(status)) return status;
  return Error(absl::StatusCode::kUnavailable, "BACKEND_UNAVAILABLE",
               "the image service does not answer; see \"scripts/platform "
               "status\" and its log",
               {{"backend", "image"}});
}

// The complete name that `image` stands for; empty if it is an id.
std::string ReferenceOf(const image::v1::Image& found,
                        const std::string& image) {
  const auto reference = oci::Reference::Parse(image);
  if (!reference.ok()) return "";
  for (const std::string& name : found.names()) {
    if (name == reference->ToString()) return name;
  }
  return "";
}

}  // namespace

absl::StatusOr<PreparedRootfs> ImageRootfsSource::Prepare(
    const std::string& container_id, const std::string& image) {
  image::v1::PrepareSnapshotRequest request;
  request.set_key(container_id);
  request.set_image(image);
  request.set_owner(absl::StrCat(kOwnerPrefix, container_id));
  request.set_generation(generation_);
  auto response = client_.PrepareSnapshot(request);
  if (!response.ok()) return Explained(response.status());
  PreparedRootfs rootfs;
  rootfs.image_id = response->image().id();
  rootfs.image_reference = ReferenceOf(response->image(), image);
  rootfs.config_json = std::move(*response->mutable_config_json());
  return rootfs;
}

absl::StatusOr<UniqueFd> ImageRootfsSource::Mount(
    const std::string& container_id) {
  absl::StatusOr<UniqueFd> mount = client_.MountSnapshot(container_id);
  if (!mount.ok()) return Explained(mount.status());
  return mount;
}

absl::Status ImageRootfsSource::Remove(const std::string& container_id) {
  return Explained(client_.RemoveSnapshot(container_id));
}

absl::Status ImageRootfsSource::Sync(
    const std::vector<std::string>& container_ids) {
  return Explained(
      client_.SyncSnapshots(kOwnerPrefix, generation_, container_ids).status());
}

}  // namespace gantry::runtime
