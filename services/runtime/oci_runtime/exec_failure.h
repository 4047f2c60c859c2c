// A command that its OCI runtime could start but the kernel not execute, such
// as a script whose interpreter is missing: the runtime's process in the
// container then writes why to the container's standard error, and ends.
//
// Threads: free function.

#ifndef GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_EXEC_FAILURE_H_
#define GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_EXEC_FAILURE_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace gantry::runtime {

struct ExecFailure {
  // One line, with its newline.
  std::string message;
  // 127 if something is not found, otherwise 126.
  int exit_code = 126;
};

// From all that the container has written to standard error so far; none if
// that is something else.
std::optional<ExecFailure> ParseExecFailure(absl::string_view output);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_OCI_RUNTIME_EXEC_FAILURE_H_
