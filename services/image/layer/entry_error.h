// The errors of unpacking an entry, which name it. A name is bytes of the
// archive: it is escaped, and cut where it would not fit into a message.
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_IMAGE_LAYER_ENTRY_ERROR_H_
#define GANTRY_SERVICES_IMAGE_LAYER_ENTRY_ERROR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace gantry::image {

// The name in quotes.
std::string QuotedName(absl::string_view name);

// INVALID_ARGUMENT: the entry `name` is, has or does what `why` says.
absl::Status RefuseEntry(absl::string_view name, absl::string_view why);

// What errno says of doing `what` with the entry `name`.
//
// RESOURCE_EXHAUSTED: the disk is full. INVALID_ARGUMENT: the entry cannot be
// there. Others as absl::ErrnoToStatus.
absl::Status EntryError(absl::string_view what, absl::string_view name);

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_LAYER_ENTRY_ERROR_H_
