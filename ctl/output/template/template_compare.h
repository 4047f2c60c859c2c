// eq, ne, lt, le, gt and ge of templates.
//
// Threads: free functions.

#ifndef GANTRY_CTL_OUTPUT_TEMPLATE_TEMPLATE_COMPARE_H_
#define GANTRY_CTL_OUTPUT_TEMPLATE_TEMPLATE_COMPARE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "ctl/output/template/go_value.h"

namespace gantry::ctl {

// Each takes two arguments; Equal two or more, of which one must equal the
// first. The result is a boolean.
//
// INVALID_ARGUMENT: values of different kinds, or of a kind that cannot be
// compared so.
absl::StatusOr<GoValue> Equal(const std::vector<GoValue>& args);
absl::StatusOr<GoValue> NotEqual(const std::vector<GoValue>& args);
absl::StatusOr<GoValue> Less(const std::vector<GoValue>& args);
absl::StatusOr<GoValue> LessOrEqual(const std::vector<GoValue>& args);
absl::StatusOr<GoValue> Greater(const std::vector<GoValue>& args);
absl::StatusOr<GoValue> GreaterOrEqual(const std::vector<GoValue>& args);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_TEMPLATE_TEMPLATE_COMPARE_H_
