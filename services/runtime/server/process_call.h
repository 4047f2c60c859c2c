// Carries a process's streams over a call whose requests are input and sizes of
// a terminal, and whose responses are output and at last the exit: Attach and
// Exec alike.
//
// Threads: free functions; Carry has a thread of its own while it runs.

#ifndef GANTRY_SERVICES_RUNTIME_SERVER_PROCESS_CALL_H_
#define GANTRY_SERVICES_RUNTIME_SERVER_PROCESS_CALL_H_

#include <cstddef>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "services/runtime/server/blocking_stream.h"
#include "services/runtime/server/proto_convert.h"
#include "services/runtime/shim/process_stream.h"

namespace gantry::runtime {

constexpr size_t kMaxInputBytes = 512 << 10;

// Passes requests on until they end. With `stdin` their end is the input's.
template <typename Request, typename Response>
absl::Status PassInput(BlockingStream<Request, Response>& call,
                       ProcessStream& process, bool stdin) {
  Request request;
  while (call.Read(&request)) {
    if (request.has_resize()) {
      GANTRY_RETURN_IF_ERROR(process.Resize(FromProto(request.resize())));
      continue;
    }
    if (request.has_open()) {
      return absl::InvalidArgumentError("only the first message may be open");
    }
    if (!stdin) continue;
    if (request.input().size() > kMaxInputBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("an input of ", request.input().size(),
                       " bytes; at most ", kMaxInputBytes, " are allowed"));
    }
    if (request.input().empty()) continue;
    GANTRY_RETURN_IF_ERROR(process.WriteInput(request.input()));
  }
  // One who leaves detaches: the shim sees that by itself.
  if (!stdin || call.is_cancelled()) return absl::OkStatus();
  return process.CloseInput();
}

// Passes output on until the exit or until the client is gone.
template <typename Request, typename Response>
absl::Status PassOutput(BlockingStream<Request, Response>& call,
                        ProcessStream& process) {
  while (true) {
    GANTRY_ASSIGN_OR_RETURN(OutputEvent event, process.Read());
    Response response;
    if (event.exit.has_value()) {
      response.mutable_exit()->set_exit_code(event.exit->exit_code);
      call.SetLastResponse(std::move(response));
      return absl::OkStatus();
    }
    response.mutable_output()->set_stream(ToProto(event.stream));
    response.mutable_output()->set_data(std::move(event.data));
    if (!call.Write(response)) {
      return absl::CancelledError("the client has left");
    }
  }
}

template <typename Request, typename Response>
absl::Status Carry(BlockingStream<Request, Response>& call,
                   ProcessStream& process, bool stdin) {
  call.SetCancelHandler([&process] { process.Cancel(); });
  absl::Status input_status;
  std::thread input([&] {
    input_status = PassInput(call, process, stdin);
    // A process that is gone says so on the other side.
    if (absl::IsInvalidArgument(input_status)) process.Cancel();
  });
  const absl::Status output_status = PassOutput(call, process);
  call.SetCancelHandler(nullptr);
  call.StopReading();
  // It may wait for a process that does not read.
  process.Cancel();
  input.join();
  return absl::IsInvalidArgument(input_status) ? input_status : output_status;
}

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SERVER_PROCESS_CALL_H_
