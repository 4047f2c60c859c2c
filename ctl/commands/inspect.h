// inspect, for containers, images, or what of both a name is.
//
// Threads: a free function.

#ifndef GANTRY_CTL_COMMANDS_INSPECT_H_
#define GANTRY_CTL_COMMANDS_INSPECT_H_

#include "ctl/commands/command.h"

namespace gantry::ctl {

enum class InspectKind { kAny, kContainer, kImage };

// Prints an array of all that was found, or a line each with --format, and
// tells of what was not. The exit code; 64 for a template that cannot be
// parsed.
int Inspect(CommandContext& context, const ParsedFlags& flags,
            InspectKind kind);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_COMMANDS_INSPECT_H_
