// Points in time as --since and --until take them: "10m" (that long ago),
// "2026-11-27T17:00:00Z", "2026-11-27T17:00:00", "2026-11-27", "1795800000.5".
// Without a zone it is the local one.
//
// Threads: a free function.

#ifndef GANTRY_CTL_FLAGS_TIMESTAMP_H_
#define GANTRY_CTL_FLAGS_TIMESTAMP_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace gantry::ctl {

// INVALID_ARGUMENT: none of these.
absl::StatusOr<absl::Time> ParseTimestamp(absl::string_view text,
                                          absl::Time now);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_FLAGS_TIMESTAMP_H_
