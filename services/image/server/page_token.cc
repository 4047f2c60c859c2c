#include "services/image/server/page_token.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/oci/digest.h"

namespace gantry::image {
namespace {

constexpr size_t kHexDigits = 64;
constexpr size_t kCheckDigits = 16;

std::string Check(absl::string_view last_id_hex, absl::string_view reference) {
  return oci::Digest::Of(absl::StrCat("ListImages ", last_id_hex, reference))
      .hex()
      .substr(0, kCheckDigits);
}

}  // namespace

std::string MakePageToken(absl::string_view last_id_hex,
                          absl::string_view reference) {
  return absl::StrCat(last_id_hex, Check(last_id_hex, reference));
}

absl::StatusOr<std::string> ReadPageToken(absl::string_view token,
                                          absl::string_view reference) {
  if (token.empty()) return std::string();
  if (token.size() == kHexDigits + kCheckDigits) {
    const absl::string_view id = token.substr(0, kHexDigits);
    if (token.substr(kHexDigits) == Check(id, reference)) {
      return std::string(id);
    }
  }
  return absl::InvalidArgumentError(
      "page_token is none that ListImages returned for this request");
}

}  // namespace gantry::image
