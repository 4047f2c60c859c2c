// Writes a layer's entries below one directory, in the form that overlayfs
// takes as a lower directory.
//
// Directories are found by LayerTree, which no symbolic link, absolute name or
// ".." leads out of. Files are made by their last name in an open directory,
// without following it, and their attributes are set by descriptor. What is
// there is replaced, never written through; a directory over a directory takes
// the new attributes. Whiteouts apply to what lies below the layer, in whatever
// order they come
// (https://github.com/opencontainers/image-spec/blob/main/layer.md).
//
// Threads: one at a time. Others may change names inside the directory
// meanwhile: what they get is wrong there, and nothing outside is touched.

#ifndef GANTRY_SERVICES_IMAGE_LAYER_LAYER_WRITER_H_
#define GANTRY_SERVICES_IMAGE_LAYER_LAYER_WRITER_H_

#include <sys/types.h>
#include <time.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/fs/unique_fd.h"
#include "services/image/layer/layer_store.h"
#include "services/image/layer/layer_tree.h"
#include "services/image/layer/tar_reader.h"

struct archive_entry;

namespace gantry::image {

class LayerWriter {
 public:
  // `root_fd` is an empty directory.
  LayerWriter(UniqueFd root_fd, const LayerLimits& limits)
      : tree_(std::move(root_fd)), limits_(limits) {}

  // Writes one entry; its content is read from `tar`.
  //
  // INVALID_ARGUMENT: an entry that is not allowed, named in the message.
  // RESOURCE_EXHAUSTED: beyond the limits, or the disk is full.
  absl::Status Write(archive_entry* entry, TarReader& tar);

  // Sets the directories' times, which writing into them has changed.
  absl::Status Finish();

  // Bytes of the files' content.
  int64_t size_bytes() const { return size_bytes_; }

 private:
  struct Target {
    // Open for reading, owned by the tree.
    int parent_fd;
    std::string base;
    // The clean name.
    std::string name;
  };

  absl::Status WriteBelowRoot(const std::string& name, archive_entry* entry,
                              TarReader& tar);
  absl::Status WriteRoot(archive_entry* entry);
  absl::Status WriteWhiteout(const Target& target);
  absl::Status WriteDirectory(const Target& target, archive_entry* entry);
  absl::Status WriteFile(const Target& target, archive_entry* entry,
                         TarReader& tar);
  absl::Status WriteContent(const Target& target, int fd, int64_t size,
                            TarReader& tar);
  absl::Status WriteHardLink(const Target& target, absl::string_view link);
  absl::Status WriteSymlink(const Target& target, archive_entry* entry);
  absl::Status WriteSpecial(const Target& target, archive_entry* entry);
  // Opens what was just made, of this type, and sets its attributes.
  absl::Status SetAttributesOf(const Target& target, archive_entry* entry,
                               mode_t type);
  absl::Status RemoveExisting(const Target& target);
  absl::Status CheckEntryCount() const;
  absl::Status RememberTimes(const std::string& name, archive_entry* entry);

  LayerTree tree_;
  const LayerLimits limits_;
  int64_t entry_count_ = 0;
  int64_t size_bytes_ = 0;
  int64_t directory_name_bytes_ = 0;
  std::vector<std::pair<std::string, std::array<timespec, 2>>> directory_times_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_LAYER_LAYER_WRITER_H_
