// Makes tar streams for tests byte by byte, also those that no tool would make.
//
//   const std::string tar =
//       TarBuilder().Directory("etc").File("etc/motd", "hello").Finish();
//
// Names and links that do not fit into a header come in GNU's form, or in that
// of pax after UsePax().
//
// Threads: one at a time.

#ifndef GANTRY_SERVICES_IMAGE_LAYER_TAR_BUILDER_H_
#define GANTRY_SERVICES_IMAGE_LAYER_TAR_BUILDER_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace gantry::image {

struct TarEntry {
  std::string name;
  // As in the header: '0' file, '1' hard link, '2' symbolic link, '3' character
  // device, '4' block device, '5' directory, '6' fifo.
  char type = '0';
  std::string link;
  std::string content;
  mode_t mode = 0644;
  int64_t uid = 0;
  int64_t gid = 0;
  int64_t mtime = 1000;
  unsigned major = 0;
  unsigned minor = 0;
  // pax records: "SCHILY.xattr.user.x", "path".
  std::vector<std::pair<std::string, std::string>> records;
};

class TarBuilder {
 public:
  TarBuilder& UsePax();
  TarBuilder& Add(const TarEntry& entry);
  TarBuilder& File(absl::string_view name, absl::string_view content,
                   mode_t mode = 0644);
  TarBuilder& Directory(absl::string_view name, mode_t mode = 0755);
  TarBuilder& Link(absl::string_view name, absl::string_view to);
  TarBuilder& HardLink(absl::string_view name, absl::string_view to,
                       mode_t mode = 0644);
  // A header and what follows it, as they are.
  TarBuilder& AddRaw(absl::string_view bytes);

  // With the two blocks of zeros at the end.
  std::string Finish() const;

 private:
  void AddLong(char type, absl::string_view value);

  bool use_pax_ = false;
  std::string bytes_;
};

// A header's 512 bytes for `size` bytes of content. Numbers that octal digits
// cannot tell are in base 256.
std::string TarHeader(const TarEntry& entry, int64_t size);

// Filled up to whole blocks.
std::string TarBlocks(absl::string_view content);

// "25 path=...\n": a record of a pax header.
std::string PaxRecord(absl::string_view key, absl::string_view value);

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_LAYER_TAR_BUILDER_H_
