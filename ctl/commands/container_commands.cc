// ps, logs, stop, kill, wait, rm and inspect.

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/status_macros.h"
#include "ctl/commands/command.h"
#include "ctl/commands/container_query.h"
#include "ctl/commands/container_view.h"
#include "ctl/commands/image_view.h"
#include "ctl/commands/inspect.h"
#include "ctl/commands/log_printer.h"
#include "ctl/flags/timestamp.h"
#include "ctl/output/human.h"
#include "ctl/output/listing.h"

namespace gantry::ctl {
namespace {

using runtime::v1::Container;

constexpr char kPsTable[] =
    "table {{.ID}}\\t{{.Image}}\\t{{.Command}}\\t{{.RunningFor}}\\t{{.Status}}"
    "\\t{{.Ports}}\\t{{.Names}}";

// ---- ps -----------------------------------------------------------------

// Whether its image is one of them.
bool IsOf(const Container& container,
          const std::vector<std::string>& ancestors) {
  return ancestors.empty() ||
         std::any_of(ancestors.begin(), ancestors.end(),
                     [&](const std::string& image) {
                       return FamiliarName(container.spec().image()) ==
                                  FamiliarName(image) ||
                              absl::StartsWith(ShortId(container.image_id()),
                                               ShortId(image));
                     });
}

int Ps(CommandContext& context, const ParsedFlags& flags) {
  const auto listing = ListingFromFlags(flags);
  if (!listing.ok()) {
    context.console.Err(absl::StrCat(listing.status().message(), "\n"));
    return kExitError;
  }
  const auto containers = context.client.ListContainers(listing->query);
  if (!containers.ok()) return Fail(context, containers.status());

  const absl::Time now = absl::Now();
  const bool truncate = !flags.Bool("no-trunc");
  std::vector<Json> lines;
  for (const Container& container : *containers) {
    if (static_cast<int64_t>(lines.size()) >= listing->limit) break;
    if (IsOf(container, listing->ancestors)) {
      lines.push_back(ContainerLine(container, now, truncate));
    }
  }
  const auto text = PrintListing(
      lines, ContainerHeaders(),
      flags.Bool("quiet") ? "{{.ID}}" : flags.String("format"), kPsTable);
  if (!text.ok()) {
    context.console.Err(absl::StrCat(text.status().message(), "\n"));
    return kExitError;
  }
  context.console.Out(*text);
  return 0;
}

// ---- logs ---------------------------------------------------------------

absl::StatusOr<runtime::v1::ReadLogsRequest> LogsRequest(
    const ParsedFlags& flags) {
  runtime::v1::ReadLogsRequest request;
  request.set_container(flags.arguments()[0]);
  request.set_follow(flags.Bool("follow"));
  const std::string tail = flags.String("tail");
  int64_t lines = 0;
  if (absl::SimpleAtoi(tail, &lines) && lines >= 0) {
    request.set_tail(lines);
  }
  const auto set = [&](const char* name, google::protobuf::Timestamp* time) {
    auto parsed = ParseTimestamp(flags.String(name), absl::Now());
    if (!parsed.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "invalid value for \"", name, "\": ", parsed.status().message()));
    }
    const int64_t seconds = absl::ToUnixSeconds(*parsed);
    time->set_seconds(seconds);
    time->set_nanos(static_cast<int32_t>(
        absl::ToInt64Nanoseconds(*parsed - absl::FromUnixSeconds(seconds))));
    return absl::OkStatus();
  };
  if (flags.IsSet("since")) {
    GANTRY_RETURN_IF_ERROR(set("since", request.mutable_since()));
  }
  if (flags.IsSet("until")) {
    GANTRY_RETURN_IF_ERROR(set("until", request.mutable_until()));
  }
  return request;
}

int Logs(CommandContext& context, const ParsedFlags& flags) {
  const auto request = LogsRequest(flags);
  if (!request.ok()) {
    context.console.Err(absl::StrCat(request.status().message(), "\n"));
    return kExitError;
  }
  LogPrinter printer(context.console, flags.Bool("timestamps"));
  const absl::Status status = context.client.ReadLogs(
      *request, [&](const runtime::v1::LogEntry& entry, bool last_of_batch) {
        printer.Add(entry);
        if (last_of_batch) printer.Flush();
      });
  return status.ok() ? 0 : Fail(context, status);
}

// ---- stop, kill, wait, rm -------------------------------------------------

int Stop(CommandContext& context, const ParsedFlags& flags) {
  const char* flag = flags.IsSet("timeout") ? "timeout" : "time";
  const absl::Duration timeout = absl::Seconds(flags.Int(flag, 0));
  return ForEach(context, flags.arguments(), true,
                 [&](const std::string& container) {
                   return context.client.StopContainer(
                       container, flags.IsSet(flag) ? &timeout : nullptr,
                       flags.String("signal"));
                 });
}

int Kill(CommandContext& context, const ParsedFlags& flags) {
  return ForEach(
      context, flags.arguments(), true, [&](const std::string& container) {
        return context.client.KillContainer(container, flags.String("signal"));
      });
}

int Wait(CommandContext& context, const ParsedFlags& flags) {
  return ForEach(context, flags.arguments(), false,
                 [&](const std::string& container) {
                   const auto code = context.client.WaitContainer(container);
                   if (code.ok()) {
                     context.console.Out(absl::StrCat(*code, "\n"));
                   }
                   return code.status();
                 });
}

int Rm(CommandContext& context, const ParsedFlags& flags) {
  const bool force = flags.Bool("force");
  return ForEach(context, flags.arguments(), false,
                 [&](const std::string& container) {
                   const absl::Status status =
                       context.client.RemoveContainer(container, force);
                   if (status.ok()) context.console.Out(container + "\n");
                   if (force && absl::IsNotFound(status)) {
                     Fail(context, status);
                     return absl::OkStatus();
                   }
                   return status;
                 });
}

// ---- inspect ------------------------------------------------------------

std::vector<FlagSpec> InspectFlags() {
  return {{'f', "format", FlagKind::kString,
           "Format output using a custom template: 'json' or a Go template"},
          {'s', "size", FlagKind::kBool, "",
           "-s, --size is not available in this version: sizes of containers "
           "are not known"}};
}

int InspectContainers(CommandContext& context, const ParsedFlags& flags) {
  return Inspect(context, flags, InspectKind::kContainer);
}

int InspectAny(CommandContext& context, const ParsedFlags& flags) {
  const std::string type = flags.String("type");
  if (type.empty()) return Inspect(context, flags, InspectKind::kAny);
  if (type == "container") return InspectContainers(context, flags);
  if (type == "image") return Inspect(context, flags, InspectKind::kImage);
  context.console.Err(
      absl::StrCat("\"", type, "\" is not a valid value for --type\n"));
  return kExitError;
}

}  // namespace

std::vector<Command> ContainerCommands() {
  const FlagSpec signal = {'s', "signal", FlagKind::kString,
                           "Signal to send to the container"};
  std::vector<FlagSpec> inspect_flags = InspectFlags();
  inspect_flags.push_back({'\0', "type", FlagKind::kString,
                           "Only inspect objects of the given type"});
  return {
      {{"ps", "container ls", "container list", "container ps"},
       "[OPTIONS]",
       "List containers",
       0,
       0,
       {{'a', "all", FlagKind::kBool,
         "Show all containers (default shows just running)"},
        {'f', "filter", FlagKind::kList,
         "Filter output based on conditions provided"},
        {'\0', "format", FlagKind::kString,
         "Format output: 'table', 'table TEMPLATE', 'json' or a Go template"},
        {'n', "last", FlagKind::kInt,
         "Show n last created containers (includes all states) (default -1)"},
        {'l', "latest", FlagKind::kBool,
         "Show the latest created container (includes all states)"},
        {'\0', "no-trunc", FlagKind::kBool, "Don't truncate output"},
        {'q', "quiet", FlagKind::kBool, "Only display container IDs"},
        {'s', "size", FlagKind::kBool, "",
         "-s, --size is not available in this version: sizes of containers "
         "are not known"}},
       Ps},
      {{"logs", "container logs"},
       "[OPTIONS] CONTAINER",
       "Fetch the logs of a container",
       1,
       1,
       {{'f', "follow", FlagKind::kBool, "Follow log output"},
        {'n', "tail", FlagKind::kString,
         "Number of lines to show from the end of the logs (default \"all\")"},
        {'t', "timestamps", FlagKind::kBool, "Show timestamps"},
        {'\0', "since", FlagKind::kString,
         "Show logs since timestamp (e.g. \"2013-01-02T13:23:37Z\") or "
         "relative (e.g. \"42m\")"},
        {'\0', "until", FlagKind::kString,
         "Show logs before a timestamp or relative time"},
        {'\0', "details", FlagKind::kBool,
         "Show extra details provided to logs (there are none)"}},
       Logs},
      {{"stop", "container stop"},
       "[OPTIONS] CONTAINER [CONTAINER...]",
       "Stop one or more running containers",
       1,
       -1,
       {signal,
        {'t', "timeout", FlagKind::kInt,
         "Seconds to wait before killing the container"},
        {'\0', "time", FlagKind::kInt, "Alias of --timeout"}},
       Stop},
      {{"kill", "container kill"},
       "[OPTIONS] CONTAINER [CONTAINER...]",
       "Kill one or more running containers",
       1,
       -1,
       {signal},
       Kill},
      {{"wait", "container wait"},
       "CONTAINER [CONTAINER...]",
       "Block until one or more containers stop, then print their exit codes",
       1,
       -1,
       {},
       Wait},
      {{"rm", "container rm", "container remove"},
       "[OPTIONS] CONTAINER [CONTAINER...]",
       "Remove one or more containers",
       1,
       -1,
       {{'f', "force", FlagKind::kBool,
         "Force the removal of a running container (uses SIGKILL)"},
        {'v', "volumes", FlagKind::kBool,
         "Remove anonymous volumes (there are none)"},
        {'l', "link", FlagKind::kBool, "",
         "-l, --link is not available in this version: containers have no "
         "network"}},
       Rm},
      {{"inspect"},
       "[OPTIONS] NAME|ID [NAME|ID...]",
       "Return low-level information on containers and images",
       1,
       -1,
       inspect_flags,
       InspectAny},
      {{"container inspect"},
       "[OPTIONS] CONTAINER [CONTAINER...]",
       "Display detailed information on one or more containers",
       1,
       -1,
       InspectFlags(),
       InspectContainers},
  };
}

}  // namespace gantry::ctl
