// Numbers and strings as Go writes them.
//
// Threads: free functions.

#ifndef GANTRY_CTL_OUTPUT_TEMPLATE_GO_LITERAL_H_
#define GANTRY_CTL_OUTPUT_TEMPLATE_GO_LITERAL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/json/json.h"

namespace gantry::ctl {

// "42", "-1_000", "0x2a", "0b1", "017", "1.5e3": an integer or a floating point
// number. None if it is neither, or too large.
std::optional<Json> ParseGoNumber(absl::string_view text);

// `"a\tb"` or `'a'` with its quotes. None if an escape is malformed.
std::optional<std::string> UnquoteGo(absl::string_view quoted);

// U+FFFD for what is not a code point.
std::string EncodeUtf8(int64_t character);

// The first code point of `text`; U+FFFD if it is malformed.
int64_t DecodeUtf8(absl::string_view text);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_TEMPLATE_GO_LITERAL_H_
