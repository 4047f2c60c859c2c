#include "ctl/output/template/go_format.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "ctl/output/human.h"
#include "ctl/output/template/go_literal.h"

namespace gantry::ctl {
namespace {

using Kind = GoValue::Kind;

size_t CharacterCount(absl::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string Padded(absl::string_view text, const FormatSpec& spec) {
  const size_t count = CharacterCount(text);
  if (spec.width < 0 || count >= static_cast<size_t>(spec.width)) {
    return std::string(text);
  }
  const size_t missing = static_cast<size_t>(spec.width) - count;
  if (spec.minus) return absl::StrCat(text, std::string(missing, ' '));
  return absl::StrCat(std::string(missing, spec.zero ? '0' : ' '), text);
}

// The sign goes before the zeros that fill the width.
std::string PaddedNumber(absl::string_view sign, absl::string_view digits,
                         const FormatSpec& spec) {
  if (!spec.zero || spec.minus) {
    return Padded(absl::StrCat(sign, digits), spec);
  }
  FormatSpec rest = spec;
  rest.width = std::max(0, spec.width - static_cast<int>(sign.size()));
  return absl::StrCat(sign, Padded(digits, rest));
}

// The fewest digits that read back as the same number.
std::string ShortestFloat(double value) {
  int digits = 0;
  std::string text;
  for (; digits <= 17; ++digits) {
    text = absl::StrFormat("%.*e", digits, value);
    if (std::strtod(text.c_str(), nullptr) == value) break;
  }
  const size_t e = text.find('e');
  if (e == std::string::npos) return text;
  const int exponent = std::atoi(text.c_str() + e + 1);
  constexpr int kFirstWithExponent = 21;
  if (exponent < -4 || exponent >= kFirstWithExponent) return text;
  return absl::StrFormat("%.*f", std::max(0, digits - exponent), value);
}

std::string InBase(uint64_t value, unsigned base, bool upper) {
  static constexpr char kLower[] = "0123456789abcdef";
  std::string digits;
  do {
    digits += kLower[value % base];
    value /= base;
  } while (value != 0);
  std::reverse(digits.begin(), digits.end());
  return upper ? absl::AsciiStrToUpper(digits) : digits;
}

std::string BadVerb(const GoValue& value, const FormatSpec& spec) {
  if (value.kind() == Kind::kNone) {
    return absl::StrFormat("%%!%c(<nil>)", spec.verb);
  }
  return absl::StrFormat("%%!%c(%s=%s)", spec.verb, value.TypeName(),
                         GoFormat(value));
}

std::string FormattedInt(const GoValue& value, const FormatSpec& spec) {
  const int64_t number = value.AsInt();
  const uint64_t magnitude = number < 0 ? -static_cast<uint64_t>(number)
                                        : static_cast<uint64_t>(number);
  std::string sign =
      number < 0 ? "-" : (spec.plus ? "+" : (spec.space ? " " : ""));
  unsigned base = 10;
  switch (spec.verb) {
    case 'v':
    case 'd':
      break;
    case 'b':
      base = 2;
      if (spec.sharp) sign += "0b";
      break;
    case 'o':
    case 'O':
      base = 8;
      if (spec.verb == 'O') sign += "0o";
      if (spec.sharp) sign += "0";
      break;
    case 'x':
    case 'X':
      base = 16;
      if (spec.sharp) sign += spec.verb == 'x' ? "0x" : "0X";
      break;
    case 'c':
      return Padded(EncodeUtf8(number), spec);
    case 'q':
      return Padded(absl::StrCat("'", EncodeUtf8(number), "'"), spec);
    case 'U':
      return Padded(absl::StrFormat("U+%04X", static_cast<uint32_t>(magnitude)),
                    spec);
    default:
      return BadVerb(value, spec);
  }
  std::string digits = InBase(magnitude, base, spec.verb == 'X');
  if (spec.precision > static_cast<int>(digits.size())) {
    digits.insert(0, static_cast<size_t>(spec.precision) - digits.size(), '0');
  }
  return PaddedNumber(sign, digits, spec);
}

std::string FormattedFloat(const GoValue& value, const FormatSpec& spec) {
  const double number = value.AsFloat();
  const int precision = spec.precision < 0 ? 6 : spec.precision;
  std::string text;
  switch (spec.verb) {
    case 'v':
    case 'g':
    case 'G':
      text = spec.precision < 0
                 ? ShortestFloat(number)
                 : absl::StrFormat("%.*g", spec.precision, number);
      break;
    case 'e':
    case 'E':
      text = absl::StrFormat("%.*e", precision, number);
      break;
    case 'f':
    case 'F':
      text = absl::StrFormat("%.*f", precision, number);
      break;
    default:
      return BadVerb(value, spec);
  }
  if (std::isupper(static_cast<unsigned char>(spec.verb)) != 0) {
    absl::AsciiStrToUpper(&text);
  }
  const bool negative = text[0] == '-';
  if (negative) text.erase(0, 1);
  return PaddedNumber(
      negative ? "-" : (spec.plus ? "+" : (spec.space ? " " : "")), text, spec);
}

std::string Hex(absl::string_view bytes, const FormatSpec& spec) {
  const std::string prefix = spec.sharp ? (spec.verb == 'x' ? "0x" : "0X") : "";
  std::string out = bytes.empty() ? "" : prefix;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0 && spec.space) absl::StrAppend(&out, " ", prefix);
    const std::string pair = absl::BytesToHexString(bytes.substr(i, 1));
    out += spec.verb == 'X' ? absl::AsciiStrToUpper(pair) : pair;
  }
  return out;
}

std::string FormattedString(const GoValue& value, const FormatSpec& spec) {
  std::string text = value.AsString();
  if (spec.precision >= 0) {
    size_t end = 0;
    for (int count = 0; end < text.size(); ++end) {
      const bool begins =
          (static_cast<unsigned char>(text[end]) & 0xc0) != 0x80;
      if (begins && count++ == spec.precision) break;
    }
    text.resize(end);
  }
  switch (spec.verb) {
    case 'v':
      return Padded(spec.sharp ? Quote(text) : text, spec);
    case 's':
      return Padded(text, spec);
    case 'q':
      return Padded(spec.sharp && text.find('`') == std::string::npos
                        ? absl::StrCat("`", text, "`")
                        : Quote(text),
                    spec);
    case 'x':
    case 'X':
      return Padded(Hex(text, spec), spec);
    default:
      return BadVerb(value, spec);
  }
}

std::string FormattedParts(const GoValue& value, const FormatSpec& spec,
                           int depth) {
  std::vector<std::string> parts;
  if (value.kind() == Kind::kList) {
    for (size_t i = 0; i < value.size(); ++i) {
      parts.push_back(FormatValue(value.At(i), spec, depth + 1));
    }
    return absl::StrCat("[", absl::StrJoin(parts, " "), "]");
  }
  if (value.kind() == Kind::kMap) {
    for (const std::string& key : value.Keys()) {
      parts.push_back(
          absl::StrCat(FormatValue(GoValue(Json(key)), spec, depth + 1), ":",
                       FormatValue(value.Get(key), spec, depth + 1)));
    }
    return absl::StrCat("map[", absl::StrJoin(parts, " "), "]");
  }
  for (const GoField& field : value.type()->fields) {
    if (field.is_method) continue;
    const std::string name =
        spec.verb == 'v' && (spec.plus || spec.sharp) ? field.name + ":" : "";
    parts.push_back(
        absl::StrCat(name, FormatValue(value.Member(field), spec, depth + 1)));
  }
  const char* reference = value.type()->is_pointer && depth == 0 ? "&" : "";
  return absl::StrCat(reference, "{", absl::StrJoin(parts, " "), "}");
}

// For "v" a plus asks for the names of fields, and no number shows it.
FormatSpec ForNumber(FormatSpec spec) {
  if (spec.verb == 'v') spec.plus = spec.sharp = false;
  return spec;
}

}  // namespace

std::string FormatValue(const GoValue& value, const FormatSpec& spec,
                        int depth) {
  switch (value.kind()) {
    case Kind::kNone:
    case Kind::kNil:
      return spec.verb == 'v' ? Padded("<nil>", spec) : BadVerb(value, spec);
    case Kind::kBool:
      if (spec.verb != 'v' && spec.verb != 't') return BadVerb(value, spec);
      return Padded(value.AsBool() ? "true" : "false", spec);
    case Kind::kInt:
      return FormattedInt(value, ForNumber(spec));
    case Kind::kFloat:
      return FormattedFloat(value, ForNumber(spec));
    case Kind::kString:
      return FormattedString(value, spec);
    default:
      return FormattedParts(value, spec, depth);
  }
}

std::string GoFormat(const GoValue& value) {
  // Not at depth 0, where a pointer is told by "&".
  return FormatValue(value, FormatSpec(), 1);
}

}  // namespace gantry::ctl
