// Go's Sprintf for the values of templates: verbs with flags, width, precision
// and explicit argument numbers.
//
// Threads: a free function.

#ifndef GANTRY_CTL_OUTPUT_TEMPLATE_GO_PRINTF_H_
#define GANTRY_CTL_OUTPUT_TEMPLATE_GO_PRINTF_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "ctl/output/template/go_value.h"

namespace gantry::ctl {

// Never fails: what does not fit is told in the text, "%!d(string=web)", and so
// is a width or a precision above 10,000.
std::string GoPrintf(absl::string_view format,
                     const std::vector<GoValue>& args);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_TEMPLATE_GO_PRINTF_H_
