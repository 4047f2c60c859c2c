#include "ctl/commands/application.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/version/version.h"
#include "ctl/commands/command.h"

namespace gantry::ctl {
namespace {

constexpr char kDefaultHost[] = "unix:///run/gantry/gateway.sock";

struct Group {
  const char* name;
  const char* summary;
};

constexpr Group kGroups[] = {{"container", "Manage containers"},
                             {"image", "Manage images"},
                             {"system", "Manage Gantry"}};

std::vector<FlagSpec> GlobalFlags() {
  return {
      {'H', "host", FlagKind::kString,
       "Gateway socket to connect to (default $GANTRY_HOST, else "
       "\"unix:///run/gantry/gateway.sock\")"},
      {'v', "version", FlagKind::kBool, "Print version information and quit"}};
}

bool IsGroup(const std::string& word) {
  return std::any_of(std::begin(kGroups), std::end(kGroups),
                     [&](const Group& group) { return word == group.name; });
}

std::vector<Command> AllCommands() {
  std::vector<Command> all = RunCommands();
  for (auto more : {AttachCommands, ContainerCommands, ImageCommands,
                    PullCommands, SystemCommands}) {
    for (Command& command : more()) all.push_back(std::move(command));
  }
  return all;
}

const Command* FindCommand(const std::vector<Command>& all,
                           const std::string& name) {
  for (const Command& command : all) {
    if (std::find(command.names.begin(), command.names.end(), name) !=
        command.names.end()) {
      return &command;
    }
  }
  return nullptr;
}

// Lines of "  name        summary", sorted. With a group, those of its commands
// that are called by it, each once.
std::string DescribeCommands(const std::vector<Command>& all,
                             const std::string& group) {
  constexpr size_t kNameWidth = 12;
  const std::string prefix = group.empty() ? "" : group + " ";
  std::vector<std::string> lines;
  for (const Command& command : all) {
    for (const std::string& name : command.names) {
      if (!absl::StartsWith(name, prefix)) continue;
      const std::string word = name.substr(prefix.size());
      if (absl::StrContains(word, ' ')) continue;
      lines.push_back(absl::StrCat(
          "  ", word,
          std::string(word.size() < kNameWidth ? kNameWidth - word.size() : 1,
                      ' '),
          command.summary, "\n"));
      break;
    }
  }
  std::sort(lines.begin(), lines.end());
  return absl::StrJoin(lines, "");
}

std::string ApplicationHelp(const std::vector<Command>& all) {
  std::string groups;
  for (const Group& group : kGroups) {
    absl::StrAppend(&groups, "  ", group.name,
                    std::string(12 - std::string(group.name).size(), ' '),
                    group.summary, "\n");
  }
  return absl::StrCat(
      "Usage:  ctl [OPTIONS] COMMAND\n\nA container platform\n\n"
      "Management Commands:\n",
      groups, "\nCommands:\n", DescribeCommands(all, ""), "\nGlobal Options:\n",
      DescribeFlags(GlobalFlags()),
      "\nRun 'ctl COMMAND --help' for more information on a command.\n");
}

std::string GroupHelp(const std::vector<Command>& all,
                      const std::string& group) {
  std::string summary;
  for (const Group& known : kGroups) {
    if (group == known.name) summary = known.summary;
  }
  return absl::StrCat("Usage:  ctl ", group, " COMMAND\n\n", summary,
                      "\n\nCommands:\n", DescribeCommands(all, group),
                      "\nRun 'ctl ", group,
                      " COMMAND --help' for more information on a command.\n");
}

std::string CommandHelp(const Command& command, const std::string& name) {
  std::string text = absl::StrCat("Usage:  ctl ", name, " ", command.usage,
                                  "\n\n", command.summary, "\n");
  if (command.names.size() > 1) {
    absl::StrAppend(&text, "\nAliases:\n  ctl ",
                    absl::StrJoin(command.names, ", ctl "), "\n");
  }
  const std::string flags = DescribeFlags(command.flags);
  if (!flags.empty()) absl::StrAppend(&text, "\nOptions:\n", flags);
  return text;
}

// Why `count` arguments are too few or too many; empty if they are not.
std::string WrongCount(const Command& command, size_t count) {
  const auto least = static_cast<size_t>(command.min_arguments);
  const auto most = static_cast<size_t>(command.max_arguments);
  const bool few = count < least;
  const bool many = command.max_arguments >= 0 && count > most;
  if (!few && !many) return "";
  if (command.max_arguments == 0) return "accepts no arguments";
  const bool exact = command.min_arguments == command.max_arguments;
  const size_t limit = few ? least : most;
  return absl::StrCat("requires ",
                      exact ? "exactly "
                      : few ? "at least "
                            : "at most ",
                      limit, limit == 1 ? " argument" : " arguments");
}

// Commands that Docker has and this version has not.
constexpr const char* kMissingCommands[] = {
    "build",    "builder", "buildx",    "checkpoint",    "commit",
    "compose",  "context", "cp",        "diff",          "events",
    "export",   "history", "import",    "login",         "logout",
    "manifest", "network", "pause",     "plugin",        "port",
    "prune",    "push",    "rename",    "restart",       "save",
    "search",   "stats",   "system df", "system events", "system prune",
    "tag",      "top",     "unpause",   "update",        "volume"};

bool IsMissingCommand(absl::string_view name) {
  for (absl::string_view prefix : {"container ", "image "}) {
    absl::ConsumePrefix(&name, prefix);
  }
  return std::find(std::begin(kMissingCommands), std::end(kMissingCommands),
                   name) != std::end(kMissingCommands);
}

int NotACommand(const Console& console, const std::string& name) {
  if (IsMissingCommand(name)) {
    console.Err(
        absl::StrCat("ctl: '", name, "' is not available in this version\n"));
    return kExitError;
  }
  console.Err(absl::StrCat("ctl: '", name,
                           "' is not a ctl command.\nSee 'ctl --help'\n"));
  return kExitError;
}

// `name` is what the user called it.
int RunCommand(const Command& command, const std::string& name,
               const std::vector<std::string>& arguments,
               CommandContext& context) {
  const auto flags = ParseFlags(command.flags, arguments, command.order);
  if (!flags.ok()) {
    if (absl::IsUnimplemented(flags.status())) {
      context.console.Err(
          absl::StrCat("ctl: ", flags.status().message(), "\n"));
      return kExitEngine;
    }
    context.console.Err(absl::StrCat(flags.status().message(), "\nSee 'ctl ",
                                     name, " --help'.\n"));
    return command.usage_exit_code;
  }
  if (flags->Bool("help")) {
    context.console.Out(CommandHelp(command, name));
    return 0;
  }
  const std::string wrong = WrongCount(command, flags->arguments().size());
  if (!wrong.empty()) {
    context.console.Err(
        absl::StrCat("\"ctl ", name, "\" ", wrong, ".\nSee 'ctl ", name,
                     " --help'.\n\nUsage:  ctl ", name, " ", command.usage,
                     "\n\n", command.summary, "\n"));
    return kExitError;
  }
  return command.run(context, *flags);
}

// `words` begin with the command. The number of words that name it.
int Dispatch(std::vector<std::string> words, CommandContext& context) {
  const std::vector<Command> all = AllCommands();
  if (!words.empty() && words[0] == "help") {
    words.erase(words.begin());
    words.push_back("--help");
  }
  if (words.empty() || words[0] == "--help") {
    context.console.Out(ApplicationHelp(all));
    return 0;
  }
  std::string name = words[0];
  size_t used = 1;
  if (IsGroup(name)) {
    if (words.size() == 1 || words[1] == "--help" || words[1] == "-h") {
      context.console.Out(GroupHelp(all, name));
      return 0;
    }
    absl::StrAppend(&name, " ", words[1]);
    used = 2;
  }
  const Command* command = FindCommand(all, name);
  // A name of two words is one of a group only.
  if (command == nullptr || absl::StrContains(words[0], ' ')) {
    return NotACommand(context.console, name);
  }
  return RunCommand(*command, name, {words.begin() + used, words.end()},
                    context);
}

std::string HostFrom(const ParsedFlags& flags) {
  if (flags.IsSet("host")) return flags.String("host");
  const char* from_environment = std::getenv("GANTRY_HOST");
  return from_environment != nullptr && *from_environment != '\0'
             ? from_environment
             : kDefaultHost;
}

}  // namespace

int RunApplication(const std::vector<std::string>& arguments,
                   const StandardStreams& streams, GatewayClient* client) {
  const Console console = streams.MakeConsole();
  const auto flags =
      ParseFlags(GlobalFlags(), arguments, ArgumentOrder::kFlagsFirst);
  if (!flags.ok()) {
    console.Err(
        absl::StrCat(flags.status().message(), "\nSee 'ctl --help'.\n"));
    return kExitError;
  }
  if (flags->Bool("version")) {
    console.Out(absl::StrCat("Gantry ctl version ", kVersion, "\n"));
    return 0;
  }
  std::unique_ptr<GatewayClient> own_client;
  if (client == nullptr) {
    auto created = GatewayClient::Create(HostFrom(*flags));
    if (!created.ok()) {
      console.Err(absl::StrCat(created.status().message(), "\n"));
      return kExitError;
    }
    own_client = *std::move(created);
    client = own_client.get();
  }
  CommandContext context = {*client, console, streams};
  std::vector<std::string> words = flags->arguments();
  if (flags->Bool("help")) words.insert(words.begin(), "help");
  return Dispatch(std::move(words), context);
}

}  // namespace gantry::ctl
