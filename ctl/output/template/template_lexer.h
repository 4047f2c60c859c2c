// The words of a Go template: its text, and inside of "{{" and "}}" names,
// fields, numbers, strings and signs.
//
// Threads: one at a time.

#ifndef GANTRY_CTL_OUTPUT_TEMPLATE_TEMPLATE_LEXER_H_
#define GANTRY_CTL_OUTPUT_TEMPLATE_TEMPLATE_LEXER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gantry::ctl {

struct Token {
  enum class Kind {
    kText,
    kLeftDelimiter,
    kRightDelimiter,
    // Blanks between two operands.
    kSpace,
    // "if", "json", "true".
    kWord,
    // ".Name".
    kField,
    // "$", "$name".
    kVariable,
    kDot,
    kNumber,
    // 'a'
    kCharacter,
    // "a\n"
    kString,
    // `a`
    kRawString,
    kPipe,
    kLeftParen,
    kRightParen,
    kComma,
    // "="
    kAssign,
    // ":="
    kDeclare,
    // Any other sign; the parser says where it must not be.
    kOther,
    kEnd,
  };

  Kind kind = Kind::kEnd;
  // As it stands in the template.
  std::string text;
  // Where it stands, in bytes.
  size_t position = 0;
};

class TemplateLexer {
 public:
  // `text` outlives the lexer.
  explicit TemplateLexer(absl::string_view text) : text_(text) {}

  // All tokens; the last is kEnd.
  //
  // INVALID_ARGUMENT: an action, a comment, a string or a parenthesis is not
  // closed, or a character that belongs nowhere; `line` says where.
  absl::StatusOr<std::vector<Token>> Scan();

  // The line that Scan has come to, from 1.
  int line() const;

 private:
  absl::Status ScanAction();
  absl::Status ScanComment();
  absl::Status ScanWord();
  absl::Status ScanSign();
  absl::Status ScanNumber();
  absl::Status ScanQuoted(Token::Kind kind, absl::string_view what);
  void ScanName(Token::Kind kind);
  // Whether the name or number before `at_` ends properly.
  bool AtTerminator() const;
  bool AtRightDelimiter(bool* trims) const;
  void Add(Token::Kind kind, size_t begin);

  absl::string_view text_;
  size_t at_ = 0;
  int parens_ = 0;
  bool trim_next_ = false;
  std::vector<Token> tokens_;
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_TEMPLATE_TEMPLATE_LEXER_H_
