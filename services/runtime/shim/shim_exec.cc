#include "services/runtime/shim/shim_exec.h"

#include <signal.h>

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/status_macros.h"
#include "services/runtime/shim/shim_messages.h"

namespace gantry::runtime {
namespace {

// Longer than a start may take.
constexpr absl::Duration kMaxStartTime = absl::Seconds(120);

}  // namespace

ShimExec::ShimExec(const shim::v1::Request::Exec& request, uint64_t sequence,
                   ShimClient& client, std::unique_ptr<ProcessIo> io)
    : id_(request.id()),
      sequence_(sequence),
      attach_(request.attach()),
      size_(FromMessage(request.terminal_size())),
      began_at_(absl::Now()),
      client_(&client),
      process_(std::move(io)) {}

absl::StatusOr<std::unique_ptr<ShimExec>> ShimExec::Begin(
    const shim::v1::Request::Exec& request, uint64_t sequence,
    ShimClient& client, const std::string& work_dir, Starter start) {
  if (!IsContainerId(request.id())) {
    return absl::InvalidArgumentError(
        absl::StrCat("not an exec's id: ", request.id()));
  }
  ProcessIo::Options options;
  options.terminal = request.terminal();
  options.open_stdin = request.stdin();
  options.work_dir = work_dir;
  options.name = absl::StrCat(request.id(), ".console");
  GANTRY_ASSIGN_OR_RETURN(std::unique_ptr<ProcessIo> io,
                          ProcessIo::Open(options));
  auto exec =
      absl::WrapUnique(new ShimExec(request, sequence, client, std::move(io)));
  GANTRY_ASSIGN_OR_RETURN(exec->pending_, start(exec->process_.io().stdio()));
  return exec;
}

void ShimExec::KillStarterIfLate(absl::Time now) {
  if (is_starting() && now - began_at_ > kMaxStartTime) {
    ::kill(starter_pid(), SIGKILL);
  }
}

absl::Status ShimExec::Conclude(int starter_wait_status) {
  absl::StatusOr<pid_t> pid = pending_->Conclude(starter_wait_status);
  pending_.reset();
  absl::Status status = pid.status();
  if (status.ok()) status = process_.io().TakeOver();
  if (status.ok()) {
    process_.set_pid(*pid);
    process_.io().Resize(size_);
  } else if (pid.ok()) {
    ::kill(*pid, SIGKILL);
  }
  if (client_ != nullptr) {
    shim::v1::Event event;
    *event.mutable_response() = ToResponse(sequence_, status);
    client_->Send(event);
  }
  return status;
}

bool ShimExec::IsHeldBack() const {
  return is_attached() && client_->is_behind() && !process_.has_exited();
}

void ShimExec::ReadOutput(int stream) {
  process_.ReadOutput(stream,
                      [this](OutputStream name, absl::string_view data) {
                        // Without a client the process goes on, and nobody sees
                        // what it writes.
                        if (is_attached())
                          client_->Send(OutputEventOf(name, data));
                        return !IsHeldBack();
                      });
}

void ShimExec::SendExit() {
  if (!is_attached()) return;
  shim::v1::Event event;
  *event.mutable_exit() = ToMessage(process_.exit());
  client_->Send(event);
  client_->CloseWhenSent();
}

}  // namespace gantry::runtime
