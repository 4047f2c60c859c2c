// The attributes of an entry (owner, mode, extended attributes, times), put on
// the file that was made for it. They are set through its descriptor: what
// stands at its name by now does not matter.
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_IMAGE_LAYER_ENTRY_ATTRIBUTES_H_
#define GANTRY_SERVICES_IMAGE_LAYER_ENTRY_ATTRIBUTES_H_

#include <time.h>

#include <array>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

struct archive_entry;

namespace gantry::image {

// The extended attribute that hides what lies below a directory, value "y".
inline constexpr char kOpaqueAttribute[] = "trusted.overlay.opaque";

// Access and modification time, as utimensat takes them.
std::array<timespec, 2> TimesOf(archive_entry* entry);

// `fd` is open for reading or writing, or with O_PATH if the entry is neither a
// file nor a directory. `name` is for messages. Attributes that say something
// to overlayfs are left out, and those that the file system does not know.
//
// INVALID_ARGUMENT: the owner is no user id. RESOURCE_EXHAUSTED: no room for
// the extended attributes.
absl::Status SetAttributes(int fd, archive_entry* entry,
                           absl::string_view name);

// Takes a directory's extended attributes away, but those of overlayfs and of
// security modules, which label what they find.
void RemoveExtendedAttributes(int dir_fd);

absl::Status MakeOpaque(int dir_fd, absl::string_view name);

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_LAYER_ENTRY_ATTRIBUTES_H_
