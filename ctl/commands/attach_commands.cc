// attach and exec: what joins a container that runs.

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "ctl/commands/command.h"
#include "ctl/commands/container_session.h"
#include "ctl/commands/signal_proxy.h"
#include "ctl/flags/environment.h"
#include "ctl/terminal/detach_keys.h"

namespace gantry::ctl {
namespace {

absl::Status Local(const absl::Status& status) {
  return WithReason(status, {kLocalError, {}});
}

// ---- attach -------------------------------------------------------------

// In Docker's words.
absl::Status CheckState(runtime::v1::ContainerState state) {
  switch (state) {
    case runtime::v1::CONTAINER_STATE_RUNNING:
      return absl::OkStatus();
    case runtime::v1::CONTAINER_STATE_PAUSED:
      return absl::FailedPreconditionError(
          "You cannot attach to a paused container, unpause it first");
    case runtime::v1::CONTAINER_STATE_RESTARTING:
      return absl::FailedPreconditionError(
          "You cannot attach to a restarting container, wait until it is "
          "running");
    default:
      return absl::FailedPreconditionError(
          "You cannot attach to a stopped container, start it first");
  }
}

absl::StatusOr<ContainerSession::Options> AttachOptions(
    const runtime::v1::ContainerSpec& spec, const ParsedFlags& flags) {
  ContainerSession::Options options;
  options.tty = spec.tty();
  options.input = spec.open_stdin() && !flags.Bool("no-stdin");
  GANTRY_ASSIGN_OR_RETURN(options.detach_keys,
                          ParseDetachKeys(flags.String("detach-keys")));
  return options;
}

absl::StatusOr<ContainerSession::End> AttachTo(
    CommandContext& context, const runtime::v1::Container& container,
    const ParsedFlags& flags, SignalProxy* signals) {
  const absl::Status state = CheckState(container.state());
  if (!state.ok()) return Local(state);
  const auto options = AttachOptions(container.spec(), flags);
  if (!options.ok()) return Local(options.status());
  ContainerSession session(context, *options);
  const absl::Status input = session.CheckInput();
  if (!input.ok()) return Local(input);

  if (signals != nullptr) signals->Hold();
  runtime::v1::AttachOpen open;
  open.set_container(container.id());
  session.FillIn(&open);
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<Attachment> attachment,
                          context.client.AttachContainer(open));
  return session.Run(*attachment, [&] {
    if (signals != nullptr) signals->Open();
  });
}

int Attach(CommandContext& context, const ParsedFlags& flags) {
  const std::string& name = flags.arguments()[0];
  std::unique_ptr<SignalProxy> signals;
  if (!flags.IsSet("sig-proxy") || flags.Bool("sig-proxy")) {
    signals = std::make_unique<SignalProxy>([&](const std::string& signal) {
      // The container may have ended meanwhile.
      context.client.KillContainer(name, signal).IgnoreError();
    });
  }
  const auto container = context.client.GetContainer(name);
  if (!container.ok()) return Fail(context, container.status());
  // Where Ctrl-C is a byte, a signal is for ctl itself.
  if (container->spec().tty()) signals.reset();
  const auto end = AttachTo(context, *container, flags, signals.get());
  return end.ok() ? end->exit_code : Fail(context, end.status());
}

// ---- exec ---------------------------------------------------------------

absl::StatusOr<runtime::v1::ExecSpec> ExecSpecFromFlags(
    const ParsedFlags& flags) {
  runtime::v1::ExecSpec spec;
  for (size_t i = 1; i < flags.arguments().size(); ++i) {
    spec.add_command(flags.arguments()[i]);
  }
  GANTRY_ASSIGN_OR_RETURN(
      const std::vector<std::string> variables,
      ReadEnvironment(flags.List("env-file"), flags.List("env")));
  spec.mutable_env()->Add(variables.begin(), variables.end());
  spec.set_working_dir(flags.String("workdir"));
  spec.set_user(flags.String("user"));
  spec.set_tty(flags.Bool("tty"));
  return spec;
}

absl::StatusOr<ContainerSession::End> ExecAttached(
    CommandContext& context, const ParsedFlags& flags,
    const runtime::v1::ExecSpec& spec) {
  ContainerSession::Options options;
  options.tty = spec.tty();
  options.input = flags.Bool("interactive");
  auto keys = ParseDetachKeys(flags.String("detach-keys"));
  if (!keys.ok()) return Local(keys.status());
  options.detach_keys = *std::move(keys);
  ContainerSession session(context, options);
  const absl::Status input = session.CheckInput();
  if (!input.ok()) return Local(input);

  runtime::v1::ExecOpen open;
  open.set_container(flags.arguments()[0]);
  *open.mutable_spec() = spec;
  session.FillIn(&open);
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<Attachment> attachment,
                          context.client.ExecContainer(open));
  return session.Run(*attachment, [] {});
}

int Exec(CommandContext& context, const ParsedFlags& flags) {
  const auto spec = ExecSpecFromFlags(flags);
  if (!spec.ok()) return Fail(context, Local(spec.status()));
  absl::Status status;
  if (flags.Bool("detach")) {
    runtime::v1::StartExecRequest request;
    request.set_container(flags.arguments()[0]);
    *request.mutable_spec() = *spec;
    status = context.client.StartExec(request);
    if (status.ok()) return 0;
  } else {
    const auto end = ExecAttached(context, flags, *spec);
    if (end.ok()) return end->exit_code;
    status = end.status();
  }
  Fail(context, status);
  return ExitCodeOf(status, kExitError);
}

}  // namespace

std::vector<Command> AttachCommands() {
  const FlagSpec detach_keys = {
      '\0', "detach-keys", FlagKind::kString,
      "Override the key sequence for detaching a container"};
  return {
      {{"attach", "container attach"},
       "[OPTIONS] CONTAINER",
       "Attach local standard input, output, and error streams to a running "
       "container",
       1,
       1,
       {detach_keys,
        {'\0', "no-stdin", FlagKind::kBool, "Do not attach STDIN"},
        {'\0', "sig-proxy", FlagKind::kBool,
         "Proxy all received signals to the process (default true)"}},
       Attach},
      {{"exec", "container exec"},
       "[OPTIONS] CONTAINER COMMAND [ARG...]",
       "Execute a command in a running container",
       2,
       -1,
       {{'d', "detach", FlagKind::kBool,
         "Detached mode: run command in the background"},
        detach_keys,
        {'e', "env", FlagKind::kList, "Set environment variables"},
        {'\0', "env-file", FlagKind::kList,
         "Read in a file of environment variables"},
        {'i', "interactive", FlagKind::kBool,
         "Keep STDIN open even if not attached"},
        {'t', "tty", FlagKind::kBool, "Allocate a pseudo-TTY"},
        {'u', "user", FlagKind::kString,
         "Username or UID (format: \"<name|uid>[:<group|gid>]\")"},
        {'w', "workdir", FlagKind::kString,
         "Working directory inside the container"},
        {'\0', "privileged", FlagKind::kBool, "",
         "--privileged is not available in this version: the containers' "
         "confinement is fixed"}},
       Exec,
       ArgumentOrder::kFlagsFirst},
  };
}

}  // namespace gantry::ctl
