// JSON documents from outside: parsed with limits, keys unique.
//
//   GANTRY_ASSIGN_OR_RETURN(const Json manifest, ParseJson(bytes));
//
// Threads: values.

#ifndef GANTRY_COMMON_JSON_JSON_H_
#define GANTRY_COMMON_JSON_JSON_H_

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gantry {

// Objects keep the order of their keys.
using Json = nlohmann::ordered_json;

// INVALID_ARGUMENT: not JSON, deeper than 64 levels, a key that is there twice,
// or bytes that are not UTF-8. Never throws.
absl::StatusOr<Json> ParseJson(absl::string_view text);

// Compact, UTF-8; bytes that are not UTF-8 become U+FFFD. Never throws.
std::string PrintJson(const Json& value);

// Members of an object. A member that is missing or null is the empty value;
// one of another type is INVALID_ARGUMENT and is named in the message.
absl::StatusOr<std::string> GetString(const Json& object,
                                      absl::string_view key);
absl::StatusOr<int64_t> GetInt(const Json& object, absl::string_view key);
absl::StatusOr<bool> GetBool(const Json& object, absl::string_view key);
absl::StatusOr<std::vector<std::string>> GetStrings(const Json& object,
                                                    absl::string_view key);
absl::StatusOr<std::map<std::string, std::string>> GetStringMap(
    const Json& object, absl::string_view key);
// An object or an array; an empty object or array if missing.
absl::StatusOr<Json> GetObject(const Json& object, absl::string_view key);
absl::StatusOr<Json> GetArray(const Json& object, absl::string_view key);

}  // namespace gantry

#endif  // GANTRY_COMMON_JSON_JSON_H_
