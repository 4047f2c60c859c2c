// A person at the standard streams of a container or an exec: input and the
// terminal's size go in, output comes out, until the process ends or the detach
// keys are typed. A terminal at the input is raw meanwhile, and as it was
// afterwards, however the session ends.
//
// Threads: used by one; at most one session at a time.

#ifndef GANTRY_CTL_COMMANDS_CONTAINER_SESSION_H_
#define GANTRY_CTL_COMMANDS_CONTAINER_SESSION_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ctl/client/attachment.h"
#include "ctl/commands/command.h"
#include "ctl/terminal/input_pump.h"
#include "ctl/terminal/resize_watch.h"
#include "ctl/terminal/terminal_size.h"
#include "gantry/runtime/v1/container_service.pb.h"

namespace gantry::ctl {

class ContainerSession {
 public:
  struct Options {
    // The process has a terminal.
    bool tty = false;
    bool input = false;
    bool output = true;
    bool error = true;
    // As bytes; they count where the process has a terminal.
    std::string detach_keys;
  };

  struct End {
    // The person left: the process goes on, and there is no exit code.
    bool detached = false;
    int exit_code = 0;
  };

  // `context` outlives it.
  ContainerSession(const CommandContext& context, Options options);

  // FAILED_PRECONDITION: the process has a terminal and would get its input
  // from what is none.
  absl::Status CheckInput() const;

  // Whether what is typed goes on as it is, Ctrl-C too.
  bool is_raw() const;

  // Of the person's terminal; none where it does not matter.
  std::optional<TerminalSize> terminal_size() const;
  void FillIn(runtime::v1::AttachOpen* open) const;
  void FillIn(runtime::v1::ExecOpen* open) const;

  // Call once. `on_opened` is called when the process runs. A detachment is
  // told of on standard error.
  //
  // DATA_LOSS, reason ATTACH_BROKEN: the connection ended before the process
  // did.
  absl::StatusOr<End> Run(Attachment& attachment,
                          const std::function<void()>& on_opened);

 private:
  std::unique_ptr<InputPump> StartPump(Attachment& attachment,
                                       std::atomic<bool>* detached);

  const CommandContext& context_;
  const Options options_;
  // Set where the size matters.
  std::unique_ptr<ResizeWatch> resize_watch_;
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_COMMANDS_CONTAINER_SESSION_H_
