#include "services/runtime/oci_runtime/exec_failure.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/json/json.h"

namespace gantry::runtime {
namespace {

// How crun begins.
constexpr char kLogPrefix[] = R"({"msg":"exec container process )";
constexpr char kMessagePrefix[] = "exec container process ";
constexpr size_t kMaxBytes = 8 << 10;

}  // namespace

std::optional<ExecFailure> ParseExecFailure(absl::string_view output) {
  if (output.size() > kMaxBytes || !absl::StartsWith(output, kLogPrefix)) {
    return std::nullopt;
  }
  // A terminal ends lines with both.
  const bool terminal = absl::EndsWith(output, "\r\n");
  if (!absl::ConsumeSuffix(&output, terminal ? "}\r\n" : "}\n") ||
      absl::StrContains(output, '\n')) {
    return std::nullopt;
  }
  const absl::StatusOr<Json> entry = ParseJson(absl::StrCat(output, "}"));
  if (!entry.ok()) return std::nullopt;
  const std::string text = GetString(*entry, "msg").value_or("");
  ExecFailure failure;
  failure.message =
      absl::StrCat("exec ", absl::StripPrefix(text, kMessagePrefix),
                   terminal ? "\r\n" : "\n");
  if (absl::StrContains(text, "No such file")) failure.exit_code = 127;
  return failure;
}

}  // namespace gantry::runtime
