// A list as a command shows it: the default table, "table TEMPLATE", "json", or
// a template a line.
//
// Threads: a free function.

#ifndef GANTRY_CTL_OUTPUT_LISTING_H_
#define GANTRY_CTL_OUTPUT_LISTING_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/json/json.h"

namespace gantry::ctl {

// `headers` has the heading of each field of `items`. `format` empty or "table"
// stands for `default_table`, which is "table …" itself.
//
// INVALID_ARGUMENT: `format` is malformed or asks for an unknown field.
absl::StatusOr<std::string> PrintListing(const std::vector<Json>& items,
                                         const Json& headers,
                                         absl::string_view format,
                                         absl::string_view default_table);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_LISTING_H_
