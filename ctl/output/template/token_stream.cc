#include "ctl/output/template/token_stream.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ctl/output/human.h"

namespace gantry::ctl {

const Token& TokenStream::Next() {
  const size_t current = at_;
  if (at_ + 1 < tokens_.size()) ++at_;
  return tokens_[current];
}

const Token& TokenStream::PeekNonSpace() {
  while (Peek().kind == Token::Kind::kSpace) ++at_;
  return Peek();
}

const Token& TokenStream::NextNonSpace() {
  PeekNonSpace();
  return Next();
}

absl::Status TokenStream::Malformed(absl::string_view what) const {
  const size_t position = at_ == 0 ? 0 : tokens_[at_ - 1].position;
  const absl::string_view before = source_.substr(0, position);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  return absl::InvalidArgumentError(
      absl::StrCat("template: ", name_, ":", line, ": ", what));
}

absl::Status TokenStream::Unexpected(const Token& token,
                                     absl::string_view context) const {
  constexpr size_t kShown = 10;
  std::string shown = Quote(absl::string_view(token.text).substr(0, kShown));
  if (token.text.size() > kShown) shown += "...";
  if (token.kind == Token::Kind::kEnd) shown = "EOF";
  return Malformed(absl::StrCat("unexpected ", shown, " in ", context));
}

absl::Status TokenStream::Expect(Token::Kind kind, absl::string_view context) {
  const Token& token = NextNonSpace();
  return token.kind == kind ? absl::OkStatus() : Unexpected(token, context);
}

}  // namespace gantry::ctl
