// What run and create share: their flags, and the container that they describe.
//
// Threads: free functions.

#ifndef GANTRY_CTL_COMMANDS_CREATE_FLAGS_H_
#define GANTRY_CTL_COMMANDS_CREATE_FLAGS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "ctl/flags/flag_set.h"
#include "gantry/runtime/v1/container.pb.h"

namespace gantry::ctl {

// The flags of `create`, those that cannot be had among them.
std::vector<FlagSpec> CreateFlags();

// INVALID_ARGUMENT: a malformed variable, mount or stream, or an unreadable
// file.
// UNIMPLEMENTED: a network other than none and host, a mount that cannot be
// had.
absl::StatusOr<runtime::v1::ContainerSpec> SpecFromFlags(
    const ParsedFlags& flags);

// The streams that run connects to.
struct AttachedStreams {
  bool input = false;
  bool output = true;
  bool error = true;
};

// By --attach, and else by --interactive.
//
// INVALID_ARGUMENT: a stream that there is not.
absl::StatusOr<AttachedStreams> AttachedStreamsFromFlags(
    const ParsedFlags& flags);

enum class PullWhen { kMissing, kAlways, kNever };

// INVALID_ARGUMENT: none of these.
absl::StatusOr<PullWhen> PullWhenFromFlags(const ParsedFlags& flags);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_COMMANDS_CREATE_FLAGS_H_
