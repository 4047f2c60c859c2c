// Reads a tar stream entry by entry. Headers are libarchive's work: ustar, GNU,
// pax, sparse files. Names are bytes: none is converted, whatever their
// encoding.
//
//   TarReader tar(source);
//   while (true) {
//     GANTRY_ASSIGN_OR_RETURN(archive_entry* entry, tar.Next());
//     if (entry == nullptr) break;
//     …
//   }
//   GANTRY_RETURN_IF_ERROR(tar.Drain());   // to the end of the stream
//
// Threads: one at a time.

#ifndef GANTRY_SERVICES_IMAGE_LAYER_TAR_READER_H_
#define GANTRY_SERVICES_IMAGE_LAYER_TAR_READER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/image/layer/byte_source.h"

struct archive;
struct archive_entry;

namespace gantry::image {

class TarReader {
 public:
  struct Block {
    // Where in the file it belongs; what lies between two blocks is a hole.
    int64_t offset_bytes = 0;
    absl::string_view data;
  };

  // `source` must outlive this object.
  explicit TarReader(ByteSource& source);
  ~TarReader();
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;

  // The next entry, valid until the next call; null after the last.
  //
  // INVALID_ARGUMENT: not a tar stream, or a header that makes no sense or is
  //   longer than 32 MiB.
  // DATA_LOSS: the stream is cut off.
  // Other codes are the source's own.
  absl::StatusOr<archive_entry*> Next();

  // The next piece of the entry's content; none at its end.
  absl::StatusOr<std::optional<Block>> ReadBlock();

  // Reads the source to its end, beyond that of the archive.
  absl::Status Drain();

 private:
  static ssize_t Read(archive* handle, void* self, const void** buffer);
  absl::Status Failure(absl::string_view what) const;

  ByteSource& source_;
  archive* const archive_;
  absl::Status source_error_;
  bool opened_ = false;
  // Whether an entry was given out whose content may be unread.
  bool in_entry_ = false;
  // While a header is read: how many bytes of it came.
  bool in_header_ = false;
  int64_t header_bytes_ = 0;
};

// An entry's name below the root of its archive: no leading "/", no "." parts.
// Empty for the root itself.
//
// INVALID_ARGUMENT: it has a ".." part, a NUL, or is longer than 4,096 bytes.
absl::StatusOr<std::string> CleanEntryName(absl::string_view name);

// Directory and last part of a clean name: {"a/b", "c"}, {"", "c"}.
struct SplitName {
  std::string parent;
  std::string base;
};
SplitName SplitEntryName(absl::string_view clean_name);

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_LAYER_TAR_READER_H_
