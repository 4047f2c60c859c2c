#include "ctl/commands/command.h"

#include "absl/strings/str_cat.h"
#include "common/status/error.h"

namespace gantry::ctl {

bool HasReason(const absl::Status& status, absl::string_view reason) {
  const auto found = ReasonOf(status);
  return found.has_value() && found->reason == reason;
}

std::string ErrorText(const absl::Status& status) {
  for (const char* reason :
       {"GATEWAY_UNREACHABLE", "ATTACH_BROKEN", kLocalError}) {
    if (HasReason(status, reason)) return std::string(status.message());
  }
  return absl::StrCat("Error response from daemon: ",
                      status.message().empty()
                          ? absl::StatusCodeToString(status.code())
                          : status.message());
}

int Fail(const CommandContext& context, const absl::Status& status) {
  context.console.Err(absl::StrCat(ErrorText(status), "\n"));
  return kExitError;
}

int ForEach(CommandContext& context, const std::vector<std::string>& arguments,
            bool print,
            const std::function<absl::Status(const std::string&)>& act) {
  int exit_code = 0;
  for (const std::string& argument : arguments) {
    const absl::Status status = act(argument);
    if (!status.ok()) {
      exit_code = Fail(context, status);
    } else if (print) {
      context.console.Out(absl::StrCat(argument, "\n"));
    }
  }
  return exit_code;
}

int ExitCodeOf(const absl::Status& status, int missing) {
  if (HasReason(status, "COMMAND_NOT_FOUND")) return kExitNotFound;
  if (HasReason(status, "COMMAND_NOT_EXECUTABLE")) return kExitNotExecutable;
  return missing;
}

}  // namespace gantry::ctl
