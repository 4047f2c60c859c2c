#include "services/image/registry/registry_error.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/json/json.h"

namespace gantry::image {
namespace {

// Length of the UTF-8 sequence that `text` begins with; 0 if there is none or
// it stands for a control character.
size_t PrintableLength(absl::string_view text) {
  const auto byte = [&](size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned char first = byte(0);
  if (first < 0x20 || first == 0x7f) return 0;
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 && first <= 0xf4   ? 4
                        : first >= 0xe0 && first <= 0xef ? 3
                        : first >= 0xc2 && first <= 0xdf ? 2
                                                         : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, beyond U+10FFFF.
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
      (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) {
    return 0;
  }
  // U+0080 to U+009F, and what turns the direction of writing round.
  if (first == 0xc2 && byte(1) < 0xa0) return 0;
  if (first == 0xe2 &&
      ((byte(1) == 0x80 && byte(2) >= 0xa8 && byte(2) <= 0xae) ||
       (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9))) {
    return 0;
  }
  return length;
}

}  // namespace

std::string OneLine(absl::string_view text, size_t max_bytes) {
  std::string line;
  while (!text.empty()) {
    const size_t length = PrintableLength(text);
    if (line.size() + (length == 0 ? 1 : length) > max_bytes) {
      line += "...";
      break;
    }
    if (length > 0) {
      line.append(text.data(), length);
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return std::string(absl::StripTrailingAsciiWhitespace(line));
}

std::string RegistryMessage(absl::string_view body) {
  const absl::StatusOr<Json> document = ParseJson(body);
  if (!document.ok() || !document->is_object()) return "";
  std::string details = GetString(*document, "details").value_or("");
  const absl::StatusOr<Json> errors = GetArray(*document, "errors");
  if (!errors.ok() || errors->empty() || !errors->front().is_object()) {
    return OneLine(details);
  }
  const Json& error = errors->front();
  const std::string code = absl::StrReplaceAll(
      absl::AsciiStrToLower(GetString(error, "code").value_or("")),
      {{"_", " "}});
  const std::string message = GetString(error, "message").value_or("");
  if (message.empty() || absl::AsciiStrToLower(message) == code) {
    return OneLine(code);
  }
  if (code.empty()) return OneLine(message);
  return OneLine(absl::StrCat(code, ": ", message));
}

}  // namespace gantry::image
