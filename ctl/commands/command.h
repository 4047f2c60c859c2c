// One command of ctl: what it is called, what it takes, what it does.
//
// Threads: commands run on the main thread.

#ifndef GANTRY_CTL_COMMANDS_COMMAND_H_
#define GANTRY_CTL_COMMANDS_COMMAND_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "ctl/client/gateway_client.h"
#include "ctl/flags/flag_set.h"
#include "ctl/output/console.h"
#include "ctl/terminal/standard_streams.h"

namespace gantry::ctl {

// Exit codes of Docker's command line.
constexpr int kExitError = 1;
constexpr int kExitEngine = 125;
constexpr int kExitNotExecutable = 126;
constexpr int kExitNotFound = 127;

// Reason of an error that ctl itself finds; the message is complete.
constexpr char kLocalError[] = "LOCAL_ERROR";

// What a command works with; all outlive it.
struct CommandContext {
  GatewayClient& client;
  // Writes to `streams`.
  const Console& console;
  const StandardStreams& streams;
};

struct Command {
  // Everything it is called by: "ps", "container ls". The first is the name.
  std::vector<std::string> names;
  // "[OPTIONS] CONTAINER [CONTAINER...]".
  std::string usage;
  std::string summary;
  int min_arguments = 0;
  // -1 for any number.
  int max_arguments = -1;
  std::vector<FlagSpec> flags = {};
  // The exit code.
  std::function<int(CommandContext&, const ParsedFlags&)> run;
  ArgumentOrder order = ArgumentOrder::kAny;
  // Exit code for flags that are unknown or malformed.
  int usage_exit_code = kExitError;
};

bool HasReason(const absl::Status& status, absl::string_view reason);

// What a person is told of a failed call: "Error response from daemon: …", or
// the message alone where it is none of the platform's.
std::string ErrorText(const absl::Status& status);

// Tells it, and returns kExitError.
int Fail(const CommandContext& context, const absl::Status& status);

// Calls `act` for each argument and tells of each failure. kExitError if any
// failed. With `print`, an argument that worked is printed.
int ForEach(CommandContext& context, const std::vector<std::string>& arguments,
            bool print,
            const std::function<absl::Status(const std::string&)>& act);

// `missing` unless the reason says that the command cannot be executed: 127 if
// it is not there, 126 if it is no program.
int ExitCodeOf(const absl::Status& status, int missing);

std::vector<Command> AttachCommands();
std::vector<Command> ContainerCommands();
std::vector<Command> ImageCommands();
std::vector<Command> PullCommands();
std::vector<Command> RunCommands();
std::vector<Command> SystemCommands();

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_COMMANDS_COMMAND_H_
