// Page tokens of ListImages: where the next page begins, bound to what was
// asked for, so that a token of another request or a made-up one is refused.
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_IMAGE_SERVER_PAGE_TOKEN_H_
#define GANTRY_SERVICES_IMAGE_SERVER_PAGE_TOKEN_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gantry::image {

// For the page after the image whose id has these hex digits.
std::string MakePageToken(absl::string_view last_id_hex,
                          absl::string_view reference);

// The hex digits; empty for an empty token.
//
// INVALID_ARGUMENT: not a token of such a request.
absl::StatusOr<std::string> ReadPageToken(absl::string_view token,
                                          absl::string_view reference);

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_SERVER_PAGE_TOKEN_H_
