#include "services/image/registry/auth_challenge.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "common/status/status_macros.h"

namespace gantry::image {
namespace {

constexpr size_t kMaxHeaderBytes = 8 << 10;

bool IsTokenChar(char c) {
  return absl::ascii_isalnum(c) ||
         absl::string_view("!#$%&'*+-.^_`|~").find(c) !=
             absl::string_view::npos;
}

absl::Status Malformed() {
  return absl::InvalidArgumentError("a malformed WWW-Authenticate header");
}

class ChallengeParser {
 public:
  explicit ChallengeParser(absl::string_view text) : rest_(text) {}

  absl::StatusOr<std::vector<AuthChallenge>> Parse() {
    std::vector<AuthChallenge> challenges;
    while (true) {
      SkipSeparators();
      if (rest_.empty()) return challenges;
      const std::string word = TakeToken();
      if (word.empty()) return Malformed();
      SkipSpaces();
      if (TakeChar('=')) {
        if (challenges.empty()) return Malformed();
        GANTRY_RETURN_IF_ERROR(TakeValue(word, challenges.back()));
      } else {
        challenges.push_back({absl::AsciiStrToLower(word), {}});
        SkipToken68();
      }
    }
  }

 private:
  void SkipSpaces() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) {
      rest_.remove_prefix(1);
    }
  }

  void SkipSeparators() {
    SkipSpaces();
    while (TakeChar(',')) SkipSpaces();
  }

  bool TakeChar(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string TakeToken() {
    size_t length = 0;
    while (length < rest_.size() && IsTokenChar(rest_[length])) ++length;
    std::string token(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return token;
  }

  // "Negotiate YWJj==": base64 in place of parameters, which nothing here
  // needs.
  void SkipToken68() {
    size_t length = 0;
    while (length < rest_.size() &&
           (IsTokenChar(rest_[length]) || rest_[length] == '/')) {
      ++length;
    }
    size_t end = length;
    while (end < rest_.size() && rest_[end] == '=') ++end;
    if (length == 0 || (end < rest_.size() && rest_[end] != ',')) return;
    rest_.remove_prefix(end);
  }

  absl::Status TakeValue(const std::string& name, AuthChallenge& challenge) {
    SkipSpaces();
    std::string value;
    if (TakeChar('"')) {
      while (!TakeChar('"')) {
        TakeChar('\\');
        if (rest_.empty()) return Malformed();
        value += rest_.front();
        rest_.remove_prefix(1);
      }
    } else {
      value = TakeToken();
      if (value.empty()) return Malformed();
    }
    SkipSpaces();
    if (!rest_.empty() && rest_.front() != ',') return Malformed();
    const bool added =
        challenge.parameters.emplace(absl::AsciiStrToLower(name), value).second;
    return added ? absl::OkStatus() : Malformed();
  }

  absl::string_view rest_;
};

}  // namespace

absl::StatusOr<std::vector<AuthChallenge>> ParseChallenges(
    absl::string_view header) {
  if (header.size() > kMaxHeaderBytes) return Malformed();
  for (const char c : header) {
    if (absl::ascii_iscntrl(c) && c != '\t') return Malformed();
  }
  return ChallengeParser(header).Parse();
}

}  // namespace gantry::image
