// Errors with a reason that programs can act on: an absl::Status that carries
// what becomes google.rpc.ErrorInfo on the wire (domain "gantry.dev").
//
//   return Error(absl::StatusCode::kAlreadyExists, "NAME_TAKEN",
//                absl::StrCat("the name \"", name, "\" is in use by container
//                ", id),
//                {{"name", name}, {"container", id}});
//
// Threads: free functions over values.

#ifndef GANTRY_COMMON_STATUS_ERROR_H_
#define GANTRY_COMMON_STATUS_ERROR_H_

#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace gantry {

struct ErrorReason {
  // UPPER_SNAKE_CASE, at most 63 characters.
  std::string reason;
  // The values that the message names.
  std::map<std::string, std::string> metadata;
};

// An error with a reason. `code` must not be kOk.
absl::Status Error(absl::StatusCode code, absl::string_view reason,
                   absl::string_view message,
                   std::map<std::string, std::string> metadata = {});

// `status` with a reason added or replaced; OK stays OK.
absl::Status WithReason(absl::Status status, ErrorReason reason);

// The reason of `status`; none if it carries none.
std::optional<ErrorReason> ReasonOf(const absl::Status& status);

// `status` with "`context`: " before its message; code and reason are kept.
// OK stays OK.
absl::Status Annotate(const absl::Status& status, absl::string_view context);

}  // namespace gantry

#endif  // GANTRY_COMMON_STATUS_ERROR_H_
