// The tokens of a template, one after the other, and what is said of one that
// must not be where it is.
//
// Threads: one at a time.

#ifndef GANTRY_CTL_OUTPUT_TEMPLATE_TOKEN_STREAM_H_
#define GANTRY_CTL_OUTPUT_TEMPLATE_TOKEN_STREAM_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "ctl/output/template/template_lexer.h"

namespace gantry::ctl {

class TokenStream {
 public:
  // `tokens` end with kEnd. `name` and `source` are of the template, and
  // outlive the stream.
  TokenStream(std::vector<Token> tokens, absl::string_view name,
              absl::string_view source)
      : tokens_(std::move(tokens)), name_(name), source_(source) {}

  const Token& Peek() const { return tokens_[at_]; }
  // Stays at the end.
  const Token& Next();
  const Token& PeekNonSpace();
  const Token& NextNonSpace();

  size_t at() const { return at_; }
  void GoTo(size_t at) { at_ = at; }

  // INVALID_ARGUMENT: the next token that is not a blank is not of `kind`.
  absl::Status Expect(Token::Kind kind, absl::string_view context);
  absl::Status Unexpected(const Token& token, absl::string_view context) const;
  // "template: name:2: `what`", with the line of the token taken last.
  absl::Status Malformed(absl::string_view what) const;

 private:
  std::vector<Token> tokens_;
  absl::string_view name_;
  absl::string_view source_;
  size_t at_ = 0;
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_TEMPLATE_TOKEN_STREAM_H_
