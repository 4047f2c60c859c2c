// What a process that is being launched says when it cannot go on: sent as
// bytes through a pipe, since it may allocate nothing.
//
// Threads: values and free functions.

#ifndef GANTRY_SERVICES_RUNTIME_LAUNCHER_LAUNCH_ERROR_H_
#define GANTRY_SERVICES_RUNTIME_LAUNCHER_LAUNCH_ERROR_H_

#include <string>

#include "absl/status/status.h"

namespace gantry::runtime {

enum class LaunchStep : int {
  kNone = 0,
  kCgroup,
  kNamespaces,
  kFork,
  kTerminal,
  kStreams,
  kSession,
  kDescriptors,
  kCapabilities,
  kSeccomp,
  kUser,
  kWorkingDirectory,
  kFindProgram,
  kExecute,
};

struct LaunchError {
  LaunchStep step = LaunchStep::kNone;
  // Of errno.h.
  int error = 0;
};

// `program` and `cwd` are what was to be executed, and where.
//
// FAILED_PRECONDITION with reason COMMAND_NOT_FOUND or COMMAND_NOT_EXECUTABLE:
// the program or the directory. INTERNAL: any other step.
absl::Status ToStatus(const LaunchError& error, const std::string& program,
                      const std::string& cwd);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_LAUNCHER_LAUNCH_ERROR_H_
