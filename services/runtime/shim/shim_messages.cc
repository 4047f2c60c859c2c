#include "services/runtime/shim/shim_messages.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/status/error.h"

namespace gantry::runtime {

shim::v1::Response ToResponse(uint64_t sequence, const absl::Status& status) {
  shim::v1::Response response;
  response.set_sequence(sequence);
  response.set_code(static_cast<int>(status.code()));
  response.set_message(std::string(status.message()));
  if (const std::optional<ErrorReason> reason = ReasonOf(status)) {
    response.set_reason(reason->reason);
    for (const auto& [key, value] : reason->metadata) {
      (*response.mutable_metadata())[key] = value;
    }
  }
  return response;
}

absl::Status FromResponse(const shim::v1::Response& response) {
  if (response.code() == 0) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(response.code());
  if (response.reason().empty()) return absl::Status(code, response.message());
  return Error(code, response.reason(), response.message(),
               {response.metadata().begin(), response.metadata().end()});
}

shim::v1::Exit ToMessage(const ExitStatus& exit) {
  shim::v1::Exit message;
  message.set_exit_code(exit.exit_code);
  message.set_exited_at_unix_nanos(absl::ToUnixNanos(exit.exited_at));
  message.set_oom_killed(exit.oom_killed);
  return message;
}

ExitStatus FromMessage(const shim::v1::Exit& exit) {
  return {exit.exit_code(), absl::FromUnixNanos(exit.exited_at_unix_nanos()),
          exit.oom_killed()};
}

shim::v1::Event OutputEventOf(OutputStream stream, absl::string_view data) {
  shim::v1::Event event;
  event.mutable_output()->set_stream(stream == OutputStream::kStderr
                                         ? shim::v1::OUTPUT_STREAM_STDERR
                                         : shim::v1::OUTPUT_STREAM_STDOUT);
  event.mutable_output()->set_data(data.data(), data.size());
  return event;
}

shim::v1::TerminalSize ToMessage(TerminalSize size) {
  shim::v1::TerminalSize message;
  message.set_rows(size.rows);
  message.set_columns(size.columns);
  return message;
}

TerminalSize FromMessage(const shim::v1::TerminalSize& size) {
  constexpr uint32_t kMax = std::numeric_limits<uint16_t>::max();
  return {static_cast<uint16_t>(std::min(size.rows(), kMax)),
          static_cast<uint16_t>(std::min(size.columns(), kMax))};
}

std::string ShimDir(const std::string& run_dir) {
  return absl::StrCat(run_dir, "/internal/shim");
}

std::string ShimSocketPath(const std::string& run_dir, const std::string& id) {
  return absl::StrCat(ShimDir(run_dir), "/", id, ".sock");
}

std::string LaunchRecordPath(const std::string& run_dir,
                             const std::string& id) {
  return absl::StrCat(ShimDir(run_dir), "/", id, ".launch");
}

std::string ZygoteSocketPath(const std::string& run_dir) {
  // A zygote understands the launches of its own version only; the shims of all
  // versions are spoken to alike.
  return absl::StrCat(run_dir, "/internal/zygote-", kShimProtocolVersion,
                      ".sock");
}

std::string OciStateDir(const std::string& run_dir) {
  return absl::StrCat(run_dir, "/internal/oci");
}

bool IsContainerId(const std::string& id) {
  return !id.empty() && id.size() <= 80 &&
         std::all_of(id.begin(), id.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_';
         });
}

}  // namespace gantry::runtime
