// The functions of templates: Go's own (index, printf, eq, …) and those that
// Docker adds (json, join, split, lower, upper, title, pad, truncate).
//
// Threads: free functions.

#ifndef GANTRY_CTL_OUTPUT_TEMPLATE_TEMPLATE_FUNCTIONS_H_
#define GANTRY_CTL_OUTPUT_TEMPLATE_TEMPLATE_FUNCTIONS_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ctl/output/template/go_value.h"

namespace gantry::ctl {

bool IsTemplateFunction(absl::string_view name);

// INVALID_ARGUMENT: the function takes more or fewer arguments.
absl::Status CheckArgumentCount(absl::string_view name, size_t count);

// INVALID_ARGUMENT: the function's argument `index`, from 0, has another type.
absl::Status CheckArgument(absl::string_view name, size_t index,
                           const GoValue& value);

// `args` are checked as above. "and" and "or" are not among these: they do not
// evaluate all of their arguments.
//
// INVALID_ARGUMENT: values that do not fit together, an index out of range.
absl::StatusOr<GoValue> CallTemplateFunction(absl::string_view name,
                                             const std::vector<GoValue>& args);

// Whether the function of text shows a heading of a table unchanged.
bool LeavesHeading(absl::string_view name);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_TEMPLATE_TEMPLATE_FUNCTIONS_H_
