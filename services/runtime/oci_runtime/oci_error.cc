#include "services/runtime/oci_runtime/oci_error.h"

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/json/json.h"
#include "common/status/error.h"

namespace gantry::runtime {
namespace {

constexpr size_t kMaxMessageBytes = 1000;

std::string LastLoggedError(absl::string_view log) {
  std::string message;
  for (const absl::string_view line :
       absl::StrSplit(log, '\n', absl::SkipWhitespace())) {
    const absl::StatusOr<Json> entry = ParseJson(line);
    if (!entry.ok() || !entry->is_object()) continue;
    if (GetString(*entry, "level").value_or("") != "error") continue;
    const std::string text = GetString(*entry, "msg").value_or("");
    if (!text.empty()) message = text;
  }
  return message;
}

std::string LastLine(absl::string_view text) {
  const std::vector<absl::string_view> lines =
      absl::StrSplit(text, '\n', absl::SkipWhitespace());
  return lines.empty() ? "" : std::string(lines.back());
}

// One line of printable text.
std::string Clean(absl::string_view message) {
  for (absl::string_view prefix :
       {"runc run failed: ", "runc exec failed: ", "exec failed: ",
        "unable to start container process: ",
        "error during container init: "}) {
    message = absl::StripPrefix(message, prefix);
  }
  std::string clean(message.substr(0, kMaxMessageBytes));
  for (char& c : clean) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
  }
  absl::RemoveExtraAsciiWhitespace(&clean);
  return clean;
}

}  // namespace

absl::Status OciError(absl::string_view operation, absl::string_view log,
                      absl::string_view error_output,
                      absl::string_view process_end) {
  std::string message = Clean(LastLoggedError(log));
  if (message.empty()) message = Clean(LastLine(error_output));
  if (message.empty()) message = std::string(process_end);

  const std::string lower = absl::AsciiStrToLower(message);
  if (absl::StartsWith(lower, "chdir")) {
    return Error(
        absl::StatusCode::kFailedPrecondition, "COMMAND_NOT_EXECUTABLE",
        absl::StrCat("the working directory cannot be entered: ", message));
  }
  const bool about_command = absl::StartsWith(lower, "exec:") ||
                             absl::StartsWith(lower, "exec ") ||
                             absl::StartsWith(lower, "open executable") ||
                             absl::StartsWith(lower, "executable file") ||
                             absl::StartsWith(lower, "exec_");
  if (about_command) {
    if (absl::StrContains(lower, "not found") ||
        absl::StrContains(lower, "no such file")) {
      return Error(absl::StatusCode::kFailedPrecondition, "COMMAND_NOT_FOUND",
                   message);
    }
    if (absl::StrContains(lower, "permission denied") ||
        absl::StrContains(lower, "not permitted") ||
        absl::StrContains(lower, "is a directory") ||
        absl::StrContains(lower, "format error")) {
      return Error(absl::StatusCode::kFailedPrecondition,
                   "COMMAND_NOT_EXECUTABLE", message);
    }
  }
  return absl::InternalError(absl::StrCat(
      "the OCI runtime could not ", operation, " the container: ", message));
}

}  // namespace gantry::runtime
