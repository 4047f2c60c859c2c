// What -e, --env-file, -l and --label-file say.
//
// Threads: free functions.

#ifndef GANTRY_CTL_FLAGS_ENVIRONMENT_H_
#define GANTRY_CTL_FLAGS_ENVIRONMENT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace gantry::ctl {

// "NAME=value" of the files' lines, then of `variables`. A name alone stands
// for ctl's own variable, and for nothing if there is none.
//
// INVALID_ARGUMENT: a name that is empty or, in a file, has blanks; a line that
// is not UTF-8.
// NOT_FOUND and the like: a file cannot be read.
absl::StatusOr<std::vector<std::string>> ReadEnvironment(
    const std::vector<std::string>& files,
    const std::vector<std::string>& variables);

// The same for labels, where a name alone has an empty value.
absl::StatusOr<std::vector<std::string>> ReadLabels(
    const std::vector<std::string>& files,
    const std::vector<std::string>& labels);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_FLAGS_ENVIRONMENT_H_
