// The directories of a layer that is being unpacked, found by the names that
// entries have, as a process inside would find them: the layer is the root for
// absolute symbolic links and for "..", so that no name leads out of it.
//
// What is missing on the way is made, with mode 0755 and owned by root; what
// stands in the way and is no directory is replaced by one that is opaque.
//
// Threads: one at a time. Others may change names inside the root meanwhile:
// what they get is wrong there, and nothing outside is touched.

#ifndef GANTRY_SERVICES_IMAGE_LAYER_LAYER_TREE_H_
#define GANTRY_SERVICES_IMAGE_LAYER_LAYER_TREE_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/fs/unique_fd.h"

namespace gantry::image {

class LayerTree {
 public:
  explicit LayerTree(UniqueFd root) : root_(std::move(root)) {}

  int root_fd() const { return root_.get(); }

  // The directory with this clean name, made if it is missing. Valid until the
  // next call.
  //
  // INVALID_ARGUMENT: more than 40 symbolic links, or too deep to have a path.
  absl::StatusOr<int> OpenOrMake(const std::string& name);

  // The directory with this clean name, empty for the root.
  //
  // NOT_FOUND, or as the kernel says: there is no such directory.
  absl::StatusOr<UniqueFd> Open(const std::string& name) const;

  // A name was taken away or replaced: others may lead elsewhere now.
  void Forget() { cached_name_.clear(); }

  // How many directories were made that the caller did not make.
  int64_t made_count() const { return made_count_; }

 private:
  absl::StatusOr<UniqueFd> Make(const std::string& name);
  // The directory `base` in `parent_fd`, made if there is nothing or no
  // directory. Not open if there is a symbolic link.
  absl::StatusOr<UniqueFd> OpenOrMakeChild(int parent_fd,
                                           const std::string& base,
                                           const std::string& name);

  const UniqueFd root_;
  int64_t made_count_ = 0;
  // The directory of the entry before: most entries share it. Empty for none.
  std::string cached_name_;
  UniqueFd cached_fd_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_LAYER_LAYER_TREE_H_
