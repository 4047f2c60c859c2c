// LayerStore whose layers are directories.
//
// Threads: as LayerStore.
// On disk: <directory>/<hex of diffID>/tree is the layer, .../size the bytes of
// its files in decimal; <directory>/.new-<random> is being unpacked, and swept
// by Create.

#ifndef GANTRY_SERVICES_IMAGE_LAYER_TREE_LAYER_STORE_H_
#define GANTRY_SERVICES_IMAGE_LAYER_TREE_LAYER_STORE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/image/layer/layer_store.h"

namespace gantry::image {

class TreeLayerStore : public LayerStore {
 public:
  // Makes `directory` if it is missing. One store at a time may use it.
  static absl::StatusOr<std::unique_ptr<TreeLayerStore>> Create(
      const std::string& directory);

  absl::StatusOr<LayerInfo> Unpack(ByteSource& tar,
                                   const oci::Digest& expected_diff_id,
                                   const LayerLimits& limits) override;
  absl::StatusOr<LayerInfo> Stat(const oci::Digest& diff_id) override;
  absl::StatusOr<std::string> Path(const oci::Digest& diff_id) override;
  absl::Status Remove(const oci::Digest& diff_id) override;
  absl::StatusOr<std::vector<LayerInfo>> List() override;

 private:
  explicit TreeLayerStore(std::string directory)
      : directory_(std::move(directory)) {}

  std::string DirectoryOf(const oci::Digest& diff_id) const;
  // Fills `path`/tree and `path`/size.
  absl::Status UnpackTo(const std::string& path, ByteSource& tar,
                        const oci::Digest& expected_diff_id,
                        const LayerLimits& limits);

  const std::string directory_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_LAYER_TREE_LAYER_STORE_H_
