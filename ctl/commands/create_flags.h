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

// INVALID_ARGUMENT: a malformed variable, an unreadable file of them, or a
// network other than none.
absl::StatusOr<runtime::v1::ContainerSpec> SpecFromFlags(
    const ParsedFlags& flags);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_COMMANDS_CREATE_FLAGS_H_
