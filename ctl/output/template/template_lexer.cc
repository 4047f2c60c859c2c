#include "ctl/output/template/template_lexer.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status/status_macros.h"

namespace gantry::ctl {
namespace {

constexpr absl::string_view kLeft = "{{";
constexpr absl::string_view kRight = "}}";
constexpr absl::string_view kBlanks = " \t\r\n";

bool IsBlank(char c) { return kBlanks.find(c) != absl::string_view::npos; }

// Letters outside of ASCII may be in names.
bool IsNameChar(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

absl::string_view WithoutTrailingBlanks(absl::string_view text) {
  const size_t last = text.find_last_not_of(kBlanks);
  return text.substr(0, last == absl::string_view::npos ? 0 : last + 1);
}

absl::string_view WithoutLeadingBlanks(absl::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  return first == absl::string_view::npos ? "" : text.substr(first);
}

// "- " after "{{".
bool BeginsWithTrim(absl::string_view text) {
  return text.size() > 1 && text[0] == '-' && IsBlank(text[1]);
}

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(what);
}

}  // namespace

int TemplateLexer::line() const {
  const absl::string_view before = text_.substr(0, at_);
  return 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
}

void TemplateLexer::Add(Token::Kind kind, size_t begin) {
  tokens_.push_back(
      {kind, std::string(text_.substr(begin, at_ - begin)), begin});
}

absl::StatusOr<std::vector<Token>> TemplateLexer::Scan() {
  while (at_ < text_.size()) {
    const size_t left = std::min(text_.find(kLeft, at_), text_.size());
    absl::string_view plain = text_.substr(at_, left - at_);
    const bool has_action = left < text_.size();
    if (trim_next_) plain = WithoutLeadingBlanks(plain);
    if (has_action && BeginsWithTrim(text_.substr(left + kLeft.size()))) {
      plain = WithoutTrailingBlanks(plain);
    }
    if (!plain.empty()) {
      tokens_.push_back({Token::Kind::kText, std::string(plain), at_});
    }
    at_ = left;
    trim_next_ = false;
    if (has_action) GANTRY_RETURN_IF_ERROR(ScanAction());
  }
  Add(Token::Kind::kEnd, at_);
  return std::move(tokens_);
}

bool TemplateLexer::AtRightDelimiter(bool* trims) const {
  const absl::string_view rest = text_.substr(at_);
  *trims = rest.size() > 1 && IsBlank(rest[0]) && rest[1] == '-' &&
           absl::StartsWith(rest.substr(2), kRight);
  return *trims || absl::StartsWith(rest, kRight);
}

absl::Status TemplateLexer::ScanAction() {
  const size_t begin = at_;
  const bool trims = BeginsWithTrim(text_.substr(at_ + kLeft.size()));
  const size_t after = at_ + kLeft.size() + (trims ? 2 : 0);
  if (absl::StartsWith(text_.substr(after), "/*")) {
    at_ = after;
    return ScanComment();
  }
  at_ += kLeft.size();
  Add(Token::Kind::kLeftDelimiter, begin);
  at_ = after;
  parens_ = 0;
  bool trims_right = false;
  while (!AtRightDelimiter(&trims_right)) {
    if (at_ >= text_.size()) return Malformed("unclosed action");
    GANTRY_RETURN_IF_ERROR(ScanWord());
  }
  if (parens_ > 0) return Malformed("unclosed left paren");
  const size_t end = at_;
  at_ += kRight.size() + (trims_right ? 2 : 0);
  Add(Token::Kind::kRightDelimiter, end);
  trim_next_ = trims_right;
  return absl::OkStatus();
}

absl::Status TemplateLexer::ScanComment() {
  const size_t end = text_.find("*/", at_);
  if (end == absl::string_view::npos) return Malformed("unclosed comment");
  at_ = end + 2;
  bool trims_right = false;
  if (!AtRightDelimiter(&trims_right)) {
    return Malformed("comment ends before closing delimiter");
  }
  at_ += kRight.size() + (trims_right ? 2 : 0);
  trim_next_ = trims_right;
  return absl::OkStatus();
}

absl::Status TemplateLexer::ScanWord() {
  const char c = text_[at_];
  const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
  if (IsBlank(c)) {
    const size_t begin = at_;
    bool trims = false;
    while (at_ < text_.size() && IsBlank(text_[at_]) &&
           !AtRightDelimiter(&trims)) {
      ++at_;
    }
    Add(Token::Kind::kSpace, begin);
    return absl::OkStatus();
  }
  if (c == '"') return ScanQuoted(Token::Kind::kString, "quoted string");
  if (c == '`') return ScanQuoted(Token::Kind::kRawString, "raw quoted string");
  if (c == '\'') {
    return ScanQuoted(Token::Kind::kCharacter, "character constant");
  }
  const bool digit_follows =
      absl::ascii_isdigit(static_cast<unsigned char>(next)) != 0;
  if (absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '+' ||
      c == '-' || (c == '.' && digit_follows)) {
    return ScanNumber();
  }
  if (c == '$' || c == '.' || IsNameChar(c)) {
    ScanName(c == '$' ? Token::Kind::kVariable
                      : (c == '.' ? Token::Kind::kField : Token::Kind::kWord));
    if (!AtTerminator()) {
      return Malformed(absl::StrFormat("bad character U+%04X '%c'",
                                       static_cast<unsigned char>(text_[at_]),
                                       text_[at_]));
    }
    return absl::OkStatus();
  }
  return ScanSign();
}

void TemplateLexer::ScanName(Token::Kind kind) {
  const size_t begin = at_;
  if (kind != Token::Kind::kWord) ++at_;
  while (at_ < text_.size() && IsNameChar(text_[at_])) ++at_;
  const bool only_dot = kind == Token::Kind::kField && at_ == begin + 1;
  Add(only_dot ? Token::Kind::kDot : kind, begin);
}

bool TemplateLexer::AtTerminator() const {
  if (at_ >= text_.size()) return true;
  return IsBlank(text_[at_]) ||
         absl::StrContains(".,|:()=", text_.substr(at_, 1)) ||
         absl::StartsWith(text_.substr(at_), kRight);
}

absl::Status TemplateLexer::ScanNumber() {
  const size_t begin = at_++;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    const bool exponent_sign =
        (c == '+' || c == '-') && absl::ascii_tolower(text_[at_ - 1]) == 'e' &&
        !absl::StrContains(text_.substr(begin, at_ - begin), "x");
    if (!IsNameChar(c) && c != '.' && !exponent_sign) break;
    ++at_;
  }
  Add(Token::Kind::kNumber, begin);
  return absl::OkStatus();
}

absl::Status TemplateLexer::ScanQuoted(Token::Kind kind,
                                       absl::string_view what) {
  const size_t begin = at_++;
  const char quote = text_[begin];
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == quote) {
      ++at_;
      Add(kind, begin);
      return absl::OkStatus();
    }
    if (kind == Token::Kind::kRawString) continue;
    if (c == '\n') break;
    if (c == '\\') ++at_;
  }
  at_ = begin;
  return Malformed(absl::StrCat("unterminated ", what));
}

absl::Status TemplateLexer::ScanSign() {
  const size_t begin = at_++;
  switch (text_[begin]) {
    case '|':
      Add(Token::Kind::kPipe, begin);
      return absl::OkStatus();
    case ',':
      Add(Token::Kind::kComma, begin);
      return absl::OkStatus();
    case '=':
      Add(Token::Kind::kAssign, begin);
      return absl::OkStatus();
    case '(':
      ++parens_;
      Add(Token::Kind::kLeftParen, begin);
      return absl::OkStatus();
    case ')':
      --parens_;
      Add(Token::Kind::kRightParen, begin);
      return absl::OkStatus();
    case ':':
      if (at_ >= text_.size() || text_[at_] != '=') {
        return Malformed("expected :=");
      }
      ++at_;
      Add(Token::Kind::kDeclare, begin);
      return absl::OkStatus();
    default:
      if (!absl::ascii_isprint(static_cast<unsigned char>(text_[begin]))) {
        return Malformed("unrecognized character in action");
      }
      Add(Token::Kind::kOther, begin);
      return absl::OkStatus();
  }
}

}  // namespace gantry::ctl
