#include "ctl/commands/container_session.h"

#include <unistd.h>

#include <utility>

#include "common/status/status_macros.h"
#include "ctl/terminal/raw_mode.h"

namespace gantry::ctl {
namespace {

template <typename Open>
void SetSize(const std::optional<TerminalSize>& size, Open* open) {
  if (!size.has_value()) return;
  open->mutable_terminal_size()->set_rows(size->rows);
  open->mutable_terminal_size()->set_columns(size->columns);
}

}  // namespace

ContainerSession::ContainerSession(const CommandContext& context,
                                   Options options)
    : context_(context), options_(std::move(options)) {
  if (options_.tty) resize_watch_ = std::make_unique<ResizeWatch>();
}

absl::Status ContainerSession::CheckInput() const {
  if (options_.tty && options_.input && !is_raw()) {
    return absl::FailedPreconditionError("the input device is not a TTY");
  }
  return absl::OkStatus();
}

bool ContainerSession::is_raw() const {
  return options_.tty && options_.input &&
         isatty(context_.streams.input_fd) == 1;
}

std::optional<TerminalSize> ContainerSession::terminal_size() const {
  if (!options_.tty) return std::nullopt;
  const auto size = SizeOfTerminal(context_.streams.output_fd);
  return size.has_value() ? size : SizeOfTerminal(context_.streams.input_fd);
}

void ContainerSession::FillIn(runtime::v1::AttachOpen* open) const {
  open->set_stdin(options_.input);
  SetSize(terminal_size(), open);
}

void ContainerSession::FillIn(runtime::v1::ExecOpen* open) const {
  open->set_stdin(options_.input);
  SetSize(terminal_size(), open);
}

absl::StatusOr<ContainerSession::End> ContainerSession::Run(
    Attachment& attachment, const std::function<void()>& on_opened) {
  std::unique_ptr<RawMode> raw_mode;
  if (is_raw()) {
    GANTRY_ASSIGN_OR_RETURN(raw_mode,
                            RawMode::Enter(context_.streams.input_fd));
  }
  std::atomic<bool> detached = false;
  std::unique_ptr<InputPump> pump;
  Attachment::Events events;
  events.on_opened = [&] {
    pump = StartPump(attachment, &detached);
    on_opened();
  };
  events.on_output = [this](runtime::v1::OutputStream stream,
                            absl::string_view data) {
    if (stream == runtime::v1::OUTPUT_STREAM_STDERR) {
      if (options_.error) context_.console.Err(data);
    } else if (options_.output) {
      context_.console.Out(data);
    }
  };
  const auto exit_code = attachment.ReadUntilExit(events);
  pump.reset();
  raw_mode.reset();
  if (exit_code.ok()) return End{false, *exit_code};
  if (!detached) return exit_code.status();
  context_.console.Err("read escape sequence\n");
  return End{true, 0};
}

std::unique_ptr<InputPump> ContainerSession::StartPump(
    Attachment& attachment, std::atomic<bool>* detached) {
  if (!options_.input && !options_.tty) {
    attachment.EndInput();
    return nullptr;
  }
  InputPump::Callbacks callbacks;
  callbacks.on_bytes = [&attachment](std::string bytes) {
    return attachment.SendInput(std::move(bytes));
  };
  // A terminal at its end is gone, and has no size any more.
  auto ended = std::make_shared<bool>(false);
  callbacks.on_end = [&attachment, ended] {
    *ended = true;
    attachment.EndInput();
  };
  callbacks.on_detach = [&attachment, detached] {
    *detached = true;
    attachment.Leave();
  };
  callbacks.on_resize = [this, &attachment, ended] {
    const auto size = terminal_size();
    if (size.has_value() && !*ended) attachment.SendSize(*size);
  };
  return std::make_unique<InputPump>(
      options_.input ? context_.streams.input_fd : -1, resize_watch_.get(),
      options_.tty ? options_.detach_keys : "", std::move(callbacks));
}

}  // namespace gantry::ctl
