// What a container executes, by Docker's rules for entrypoint and command.
//
// Threads: a free function.

#ifndef GANTRY_SERVICES_RUNTIME_SPEC_COMMAND_LINE_H_
#define GANTRY_SERVICES_RUNTIME_SPEC_COMMAND_LINE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace gantry::runtime {

// `entrypoint` takes the place of the image's entrypoint and drops its command;
// empty, or one empty element, it is none at all. `command` takes the place of
// the image's command.
//
// INVALID_ARGUMENT: nothing is left to execute.
absl::StatusOr<std::vector<std::string>> ResolveCommandLine(
    const std::vector<std::string>& image_entrypoint,
    const std::vector<std::string>& image_command,
    const std::optional<std::vector<std::string>>& entrypoint,
    const std::vector<std::string>& command);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SPEC_COMMAND_LINE_H_
