// Writes a layer's entries below one directory, in the form that overlayfs
// takes as a lower directory.
//
// Names are opened beneath the directory by the kernel (RESOLVE_IN_ROOT): no
// symbolic link, absolute name or ".." leads out of it. What is there is
// replaced, never written through; a directory over a directory takes the new
// attributes. Whiteouts apply to what lies below the layer, in whatever order
// they come (https://github.com/opencontainers/image-spec/blob/main/layer.md).
//
// Threads: one at a time; nobody else works in the directory.

#ifndef GANTRY_SERVICES_IMAGE_LAYER_LAYER_WRITER_H_
#define GANTRY_SERVICES_IMAGE_LAYER_LAYER_WRITER_H_

#include <sys/stat.h>
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
#include "services/image/layer/tar_reader.h"

struct archive_entry;

namespace gantry::image {

class LayerWriter {
 public:
  // `root_fd` is an empty directory.
  LayerWriter(UniqueFd root_fd, const LayerLimits& limits)
      : root_(std::move(root_fd)), limits_(limits) {}

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
    // Open for reading, owned by the cache.
    int parent_fd;
    std::string base;
    // The clean name, for messages.
    std::string name;
  };

  absl::StatusOr<int> OpenParent(const std::string& parent);
  absl::Status MakeParents(const std::string& parent);
  absl::StatusOr<bool> WriteWhiteout(const Target& target);
  absl::Status WriteRoot(archive_entry* entry);
  absl::Status WriteDirectory(const Target& target, archive_entry* entry);
  absl::Status WriteFile(const Target& target, archive_entry* entry,
                         TarReader& tar);
  absl::Status WriteHardLink(const Target& target, absl::string_view link);
  absl::Status WriteSymlink(const Target& target, archive_entry* entry);
  absl::Status WriteSpecial(const Target& target, archive_entry* entry);
  absl::Status SetAttributes(const Target& target, archive_entry* entry);
  absl::Status RemoveExisting(const Target& target);

  const UniqueFd root_;
  const LayerLimits limits_;
  int64_t entry_count_ = 0;
  int64_t size_bytes_ = 0;
  // The directory of the entry before: most entries share it.
  std::string cached_parent_;
  UniqueFd cached_parent_fd_;
  std::vector<std::pair<std::string, std::array<timespec, 2>>> directory_times_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_LAYER_LAYER_WRITER_H_
