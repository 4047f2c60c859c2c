// run, create and start: what begins a container.

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "ctl/commands/command.h"
#include "ctl/commands/container_creator.h"
#include "ctl/commands/container_session.h"
#include "ctl/commands/create_flags.h"
#include "ctl/commands/signal_proxy.h"
#include "ctl/terminal/detach_keys.h"

namespace gantry::ctl {
namespace {

bool CannotExecute(const absl::Status& status) {
  return ExitCodeOf(status, 0) != 0;
}

int FailRun(CommandContext& context, const absl::Status& status) {
  PrintRunError(context, status);
  return ExitCodeOf(status, kExitEngine);
}

int FailLocally(CommandContext& context, absl::string_view message) {
  context.console.Err(absl::StrCat(message, "\n"));
  return kExitError;
}

// A container that is removed when it ends, and never began.
void RemoveUnstarted(CommandContext& context, const ParsedFlags& flags,
                     const std::string& container, const absl::Status& status) {
  if (flags.Bool("rm") && CannotExecute(status)) {
    context.client.RemoveContainer(container, true).IgnoreError();
  }
}

// To `container`, which outlives it and may be filled in later; null if that is
// not wanted.
std::unique_ptr<SignalProxy> ProxySignals(CommandContext& context,
                                          const ParsedFlags& flags,
                                          const std::string& container) {
  if (flags.IsSet("sig-proxy") && !flags.Bool("sig-proxy")) return nullptr;
  return std::make_unique<SignalProxy>(
      [&context, &container](const std::string& signal) {
        // The container may have ended meanwhile.
        context.client.KillContainer(container, signal).IgnoreError();
      });
}

// Starts a container with `session` at its streams.
absl::StatusOr<ContainerSession::End> StartAttached(
    CommandContext& context, const std::string& container,
    ContainerSession& session, const std::function<void()>& on_opened) {
  runtime::v1::AttachOpen open;
  open.set_container(container);
  open.set_start(true);
  session.FillIn(&open);
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<Attachment> attachment,
                          context.client.AttachContainer(open));
  return session.Run(*attachment, on_opened);
}

// ---- run ----------------------------------------------------------------

int RunDetached(CommandContext& context, const ParsedFlags& flags) {
  if (flags.IsSet("attach")) {
    return FailLocally(
        context,
        "conflicting options: cannot specify both --attach and --detach");
  }
  const CreatedContainer created = CreateFromFlags(context, flags, kExitEngine);
  if (created.id.empty()) return created.exit_code;
  const absl::Status status = context.client.StartContainer(created.id);
  if (!status.ok()) {
    RemoveUnstarted(context, flags, created.id, status);
    return FailRun(context, status);
  }
  context.console.Out(absl::StrCat(created.id, "\n"));
  return 0;
}

absl::StatusOr<ContainerSession::Options> SessionOptions(
    const ParsedFlags& flags) {
  GANTRY_ASSIGN_OR_RETURN(const AttachedStreams streams,
                          AttachedStreamsFromFlags(flags));
  ContainerSession::Options options;
  options.tty = flags.Bool("tty");
  options.input = streams.input;
  options.output = streams.output;
  options.error = streams.error;
  GANTRY_ASSIGN_OR_RETURN(options.detach_keys,
                          ParseDetachKeys(flags.String("detach-keys")));
  return options;
}

int RunAttached(CommandContext& context, const ParsedFlags& flags) {
  const auto options = SessionOptions(flags);
  if (!options.ok()) {
    return FailRun(context, WithReason(options.status(), {kLocalError, {}}));
  }
  ContainerSession session(context, *options);
  if (const absl::Status status = session.CheckInput(); !status.ok()) {
    return FailLocally(context, status.message());
  }
  // Written before Hold, and read after it.
  std::string container;
  std::unique_ptr<SignalProxy> signals;
  // Where Ctrl-C is a byte, a signal is for ctl itself.
  if (!session.is_raw()) signals = ProxySignals(context, flags, container);
  const CreatedContainer created = CreateFromFlags(context, flags, kExitEngine);
  if (created.id.empty()) return created.exit_code;
  container = created.id;
  if (signals != nullptr) signals->Hold();
  const auto end = StartAttached(context, container, session, [&] {
    if (signals != nullptr) signals->Open();
    // Somebody who sees nothing of the container wants to know which it is.
    if (!options->output && !options->error) {
      context.console.Out(absl::StrCat(container, "\n"));
    }
  });
  if (end.ok()) return end->exit_code;
  RemoveUnstarted(context, flags, container, end.status());
  return FailRun(context, end.status());
}

int Run(CommandContext& context, const ParsedFlags& flags) {
  return flags.Bool("detach") ? RunDetached(context, flags)
                              : RunAttached(context, flags);
}

// ---- create and start -----------------------------------------------------

int Create(CommandContext& context, const ParsedFlags& flags) {
  const CreatedContainer created = CreateFromFlags(context, flags, kExitError);
  if (created.id.empty()) return created.exit_code;
  context.console.Out(absl::StrCat(created.id, "\n"));
  return 0;
}

absl::StatusOr<ContainerSession::Options> SessionOptions(
    const runtime::v1::ContainerSpec& spec, const ParsedFlags& flags) {
  ContainerSession::Options options;
  options.tty = spec.tty();
  options.input = flags.Bool("interactive") && spec.open_stdin();
  GANTRY_ASSIGN_OR_RETURN(options.detach_keys,
                          ParseDetachKeys(flags.String("detach-keys")));
  return options;
}

int StartOneAttached(CommandContext& context, const ParsedFlags& flags) {
  const std::string& name = flags.arguments()[0];
  std::unique_ptr<SignalProxy> signals = ProxySignals(context, flags, name);
  const auto container = context.client.GetContainer(name);
  if (!container.ok()) return Fail(context, container.status());
  const auto options = SessionOptions(container->spec(), flags);
  if (!options.ok()) return FailLocally(context, options.status().message());
  ContainerSession session(context, *options);
  if (const absl::Status status = session.CheckInput(); !status.ok()) {
    return FailLocally(context, status.message());
  }
  if (options->tty) signals.reset();
  if (signals != nullptr) signals->Hold();
  const auto end = StartAttached(context, name, session, [&] {
    if (signals != nullptr) signals->Open();
  });
  return end.ok() ? end->exit_code : Fail(context, end.status());
}

int Start(CommandContext& context, const ParsedFlags& flags) {
  if (flags.Bool("attach") || flags.Bool("interactive")) {
    if (flags.arguments().size() > 1) {
      return FailLocally(
          context,
          "ctl: you cannot start and attach multiple containers at once");
    }
    return StartOneAttached(context, flags);
  }
  std::vector<std::string> failed;
  ForEach(context, flags.arguments(), true, [&](const std::string& container) {
    absl::Status status = context.client.StartContainer(container);
    if (!status.ok()) failed.push_back(container);
    return status;
  });
  if (failed.empty()) return 0;
  context.console.Err(absl::StrCat("Error: failed to start containers: ",
                                   absl::StrJoin(failed, ", "), "\n"));
  return kExitError;
}

}  // namespace

std::vector<Command> RunCommands() {
  const FlagSpec detach_keys = {
      '\0', "detach-keys", FlagKind::kString,
      "Override the key sequence for detaching a container"};
  const FlagSpec sig_proxy = {
      '\0', "sig-proxy", FlagKind::kBool,
      "Proxy received signals to the process (default true)"};
  std::vector<FlagSpec> run_flags = CreateFlags();
  run_flags.push_back({'d', "detach", FlagKind::kBool,
                       "Run container in background and print container ID"});
  run_flags.push_back(detach_keys);
  run_flags.push_back(sig_proxy);
  return {
      {{"run", "container run"},
       "[OPTIONS] IMAGE [COMMAND] [ARG...]",
       "Create and run a new container from an image",
       1,
       -1,
       run_flags,
       Run,
       ArgumentOrder::kFlagsFirst,
       kExitEngine},
      {{"create", "container create"},
       "[OPTIONS] IMAGE [COMMAND] [ARG...]",
       "Create a new container",
       1,
       -1,
       CreateFlags(),
       Create,
       ArgumentOrder::kFlagsFirst,
       kExitEngine},
      {{"start", "container start"},
       "[OPTIONS] CONTAINER [CONTAINER...]",
       "Start one or more stopped containers",
       1,
       -1,
       {{'a', "attach", FlagKind::kBool,
         "Attach STDOUT/STDERR and forward signals"},
        {'i', "interactive", FlagKind::kBool, "Attach container's STDIN"},
        detach_keys,
        sig_proxy},
       Start},
  };
}

}  // namespace gantry::ctl
