#include "services/runtime/spec/command_line.h"

#include "absl/status/status.h"

namespace gantry::runtime {
namespace {

bool IsNone(const std::vector<std::string>& entrypoint) {
  return entrypoint.empty() ||
         (entrypoint.size() == 1 && entrypoint[0].empty());
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ResolveCommandLine(
    const std::vector<std::string>& image_entrypoint,
    const std::vector<std::string>& image_command,
    const std::optional<std::vector<std::string>>& entrypoint,
    const std::vector<std::string>& command) {
  std::vector<std::string> args;
  if (!entrypoint.has_value()) {
    args = image_entrypoint;
  } else if (!IsNone(*entrypoint)) {
    args = *entrypoint;
  }
  const bool image_decides = command.empty() && !entrypoint.has_value();
  const std::vector<std::string>& rest =
      image_decides ? image_command : command;
  args.insert(args.end(), rest.begin(), rest.end());
  if (args.empty()) return absl::InvalidArgumentError("no command specified");
  return args;
}

}  // namespace gantry::runtime
