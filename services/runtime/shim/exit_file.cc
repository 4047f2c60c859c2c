#include "services/runtime/shim/exit_file.h"

#include <cstdint>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/fs/file.h"
#include "common/status/status_macros.h"

namespace gantry::runtime {

absl::Status WriteExitFile(const std::string& path, const ExitStatus& exit) {
  return WriteFileAtomically(
      path,
      absl::StrCat(exit.exit_code, " ", absl::ToUnixNanos(exit.exited_at), " ",
                   exit.oom_killed ? 1 : 0, "\n"),
      0600, /*sync=*/false);
}

absl::StatusOr<ExitStatus> ReadExitFile(const std::string& path) {
  GANTRY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, 256));
  const std::vector<absl::string_view> fields =
      absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty());
  ExitStatus exit;
  int64_t nanos = 0;
  int oom = 0;
  if (fields.size() != 3 || !absl::SimpleAtoi(fields[0], &exit.exit_code) ||
      !absl::SimpleAtoi(fields[1], &nanos) ||
      !absl::SimpleAtoi(fields[2], &oom)) {
    return absl::DataLossError(absl::StrCat(path, " is no exit file"));
  }
  exit.exited_at = absl::FromUnixNanos(nanos);
  exit.oom_killed = oom != 0;
  return exit;
}

}  // namespace gantry::runtime
