// Bind mounts as -v and --mount write them.
//
//   ParseVolume("/srv/data:/data:ro")
//   ParseMount("type=bind,src=/srv/data,dst=/data,readonly")
//
// Threads: free functions.

#ifndef GANTRY_CTL_COMMANDS_MOUNT_FLAGS_H_
#define GANTRY_CTL_COMMANDS_MOUNT_FLAGS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gantry/runtime/v1/container.pb.h"

namespace gantry::ctl {

// INVALID_ARGUMENT: malformed, in Docker's words.
// UNIMPLEMENTED: Docker could, and this version cannot: a volume, another type,
// another option.
absl::StatusOr<runtime::v1::Mount> ParseVolume(absl::string_view text);
absl::StatusOr<runtime::v1::Mount> ParseMount(absl::string_view text);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_COMMANDS_MOUNT_FLAGS_H_
