#include "services/runtime/launcher/launch_error.h"

#include <string.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"

namespace gantry::runtime {
namespace {

const char* NameOf(LaunchStep step) {
  switch (step) {
    case LaunchStep::kCgroup:
      return "join the control group";
    case LaunchStep::kNamespaces:
      return "join the container's namespaces";
    case LaunchStep::kFork:
      return "fork";
    case LaunchStep::kTerminal:
      return "open a terminal at /dev/pts/ptmx";
    case LaunchStep::kStreams:
      return "connect the standard streams";
    case LaunchStep::kSession:
      return "make a session";
    case LaunchStep::kDescriptors:
      return "close descriptors";
    case LaunchStep::kCapabilities:
      return "set capabilities";
    case LaunchStep::kSeccomp:
      return "load the seccomp program";
    case LaunchStep::kUser:
      return "change the user";
    case LaunchStep::kNone:
    case LaunchStep::kWorkingDirectory:
    case LaunchStep::kFindProgram:
    case LaunchStep::kExecute:
      return "execute";
  }
  return "";
}

absl::Status OfCommand(const char* reason, std::string message) {
  return Error(absl::StatusCode::kFailedPrecondition, reason,
               std::move(message));
}

}  // namespace

absl::Status ToStatus(const LaunchError& error, const std::string& program,
                      const std::string& cwd) {
  const char* why = ::strerror(error.error);
  switch (error.step) {
    case LaunchStep::kWorkingDirectory:
      return OfCommand("COMMAND_NOT_EXECUTABLE",
                       absl::StrCat("the working directory cannot be entered: "
                                    "chdir `",
                                    cwd, "`: ", why));
    case LaunchStep::kFindProgram:
      return OfCommand("COMMAND_NOT_FOUND",
                       absl::StrCat("executable file `", program,
                                    "` not found in $PATH: ", why));
    case LaunchStep::kExecute:
      return OfCommand(error.error == ENOENT ? "COMMAND_NOT_FOUND"
                                             : "COMMAND_NOT_EXECUTABLE",
                       absl::StrCat("exec `", program, "`: ", why));
    default:
      return absl::InternalError(absl::StrCat(
          "the process could not be started: ", NameOf(error.step), ": ", why));
  }
}

}  // namespace gantry::runtime
