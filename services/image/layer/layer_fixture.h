// A layer store in a temporary directory, and beside it a directory that no
// layer may touch: everything of it is compared after each test.
//
// Threads: as the store's.

#ifndef GANTRY_SERVICES_IMAGE_LAYER_LAYER_FIXTURE_H_
#define GANTRY_SERVICES_IMAGE_LAYER_LAYER_FIXTURE_H_

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/fs/temp_dir.h"
#include "services/image/layer/tree_layer_store.h"

namespace gantry::image {

class LayerFixture {
 public:
  LayerFixture();

  TreeLayerStore& store() { return *store_; }
  // Where layers are, and where they are unpacked.
  std::string store_dir() const { return dir_.path() + "/layers"; }
  // The directory outside; it has the file "canary" and the empty directory
  // "dir".
  std::string outside() const { return dir_.path() + "/outside"; }

  absl::StatusOr<LayerInfo> Unpack(const std::string& tar,
                                   const LayerLimits& limits = {});

  // The directory of a layer that must be accepted.
  std::string Tree(const std::string& tar);

  // Names in the store, whole layers and others.
  std::vector<std::string> Stored() const;

  // Content, modes, owners, times and links of all that is outside.
  std::string Outside() const;
  // Outside() as it was at the start.
  const std::string& untouched() const { return untouched_; }

 private:
  const TempDir dir_ = TempDir::Create().value();
  std::unique_ptr<TreeLayerStore> store_;
  std::string untouched_;
};

// Of the file itself, not of what a link leads to.
struct stat Lstat(const std::string& path);

// Whether a file of the layer hides the one below: a whiteout.
bool IsWhiteoutAt(const std::string& path);
// Whether a directory of the layer hides all that is below.
bool IsOpaqueAt(const std::string& path);

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_LAYER_LAYER_FIXTURE_H_
