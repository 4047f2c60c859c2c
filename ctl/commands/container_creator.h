// Makes the container that the flags of run and create describe, after its
// image was pulled if it is not here.
//
// Threads: a free function.

#ifndef GANTRY_CTL_COMMANDS_CONTAINER_CREATOR_H_
#define GANTRY_CTL_COMMANDS_CONTAINER_CREATOR_H_

#include <string>

#include "absl/status/status.h"
#include "ctl/commands/command.h"
#include "ctl/flags/flag_set.h"

namespace gantry::ctl {

struct CreatedContainer {
  // Empty if it failed; then the user has been told.
  std::string id;
  int exit_code = 0;
};

// `engine_exit_code` is what a failure of the platform ends with.
CreatedContainer CreateFromFlags(const CommandContext& context,
                                 const ParsedFlags& flags,
                                 int engine_exit_code);

// "ctl: …", and the way to the help if the flags may be to blame.
void PrintRunError(const CommandContext& context, const absl::Status& status);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_COMMANDS_CONTAINER_CREATOR_H_
