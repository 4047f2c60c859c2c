#include "ctl/output/template/go_literal.h"

#include <cerrno>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace gantry::ctl {
namespace {

constexpr int64_t kReplacement = 0xfffd;
constexpr int64_t kLastCodePoint = 0x10ffff;

// An integer of `base` without sign and prefix.
std::optional<int64_t> ParseDigits(absl::string_view digits, int base) {
  if (digits.empty()) return std::nullopt;
  const std::string text(digits);
  for (const char c : text) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) {
      return std::nullopt;
    }
  }
  char* end = nullptr;
  errno = 0;
  const long long value = std::strtoll(text.c_str(), &end, base);
  if (errno != 0 || *end != '\0') return std::nullopt;
  return value;
}

std::optional<int64_t> ParseInteger(absl::string_view text) {
  if (text.size() < 2 || text[0] != '0') return ParseDigits(text, 10);
  switch (absl::ascii_tolower(static_cast<unsigned char>(text[1]))) {
    case 'x':
      return ParseDigits(text.substr(2), 16);
    case 'b':
      return ParseDigits(text.substr(2), 2);
    case 'o':
      return ParseDigits(text.substr(2), 8);
    default:
      return ParseDigits(text.substr(1), 8);
  }
}

// Appends what the escape at the beginning of `rest`, after its backslash, is;
// the number of its characters, 0 if it is malformed.
size_t TakeEscape(absl::string_view rest, std::string* out) {
  static constexpr absl::string_view kLetters = "abfnrtv\\'\"";
  static constexpr absl::string_view kValues = "\a\b\f\n\r\t\v\\'\"";
  if (rest.empty()) return 0;
  const size_t letter = kLetters.find(rest[0]);
  if (letter != absl::string_view::npos) {
    *out += kValues[letter];
    return 1;
  }
  const char kind = rest[0];
  const bool octal = kind >= '0' && kind <= '7';
  const size_t begin = octal ? 0 : 1;
  const size_t count =
      octal ? 3 : (kind == 'x' ? 2 : (kind == 'u' ? 4 : (kind == 'U' ? 8 : 0)));
  if (count == 0 || rest.size() < begin + count) return 0;
  const auto value = ParseDigits(rest.substr(begin, count), octal ? 8 : 16);
  const bool is_byte = octal || kind == 'x';
  if (!value.has_value() || *value > (is_byte ? 0xff : kLastCodePoint)) {
    return 0;
  }
  if (is_byte) {
    *out += static_cast<char>(*value);
  } else {
    *out += EncodeUtf8(*value);
  }
  return begin + count;
}

}  // namespace

std::optional<Json> ParseGoNumber(absl::string_view text) {
  const std::string plain = absl::StrReplaceAll(text, {{"_", ""}});
  absl::string_view digits = plain;
  const bool negative = absl::ConsumePrefix(&digits, "-");
  if (!negative) absl::ConsumePrefix(&digits, "+");
  if (digits.empty() || digits[0] == '-' || digits[0] == '+') {
    return std::nullopt;
  }
  if (const auto integer = ParseInteger(digits); integer.has_value()) {
    return Json(negative ? -*integer : *integer);
  }
  double real = 0;
  const bool is_number =
      absl::ascii_isdigit(static_cast<unsigned char>(digits[0])) ||
      digits[0] == '.';
  if (!is_number || !absl::SimpleAtod(digits, &real)) return std::nullopt;
  return Json(negative ? -real : real);
}

std::optional<std::string> UnquoteGo(absl::string_view quoted) {
  if (quoted.size() < 2) return std::nullopt;
  absl::string_view rest = quoted.substr(1, quoted.size() - 2);
  std::string out;
  while (!rest.empty()) {
    if (rest[0] != '\\') {
      out += rest[0];
      rest.remove_prefix(1);
      continue;
    }
    const size_t taken = TakeEscape(rest.substr(1), &out);
    if (taken == 0) return std::nullopt;
    rest.remove_prefix(1 + taken);
  }
  return out;
}

std::string EncodeUtf8(int64_t character) {
  const bool valid = character >= 0 && character <= kLastCodePoint;
  const auto c = static_cast<uint32_t>(valid ? character : kReplacement);
  if (c < 0x80) return std::string(1, static_cast<char>(c));
  std::string out;
  const auto tail = [&out, c](int shift) {
    out += static_cast<char>(0x80 | ((c >> shift) & 0x3f));
  };
  if (c < 0x800) {
    out += static_cast<char>(0xc0 | (c >> 6));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | (c >> 12));
    tail(6);
  } else {
    out += static_cast<char>(0xf0 | (c >> 18));
    tail(12);
    tail(6);
  }
  tail(0);
  return out;
}

int64_t DecodeUtf8(absl::string_view text) {
  if (text.empty()) return kReplacement;
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return first;
  const size_t size = first >= 0xf0 ? 4 : (first >= 0xe0 ? 3 : 2);
  if (first < 0xc0 || text.size() < size) return kReplacement;
  int64_t value = first & (0xff >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0) != 0x80) return kReplacement;
    value = (value << 6) | (byte & 0x3f);
  }
  return value;
}

}  // namespace gantry::ctl
