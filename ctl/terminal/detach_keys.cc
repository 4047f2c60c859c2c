#include "ctl/terminal/detach_keys.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace gantry::ctl {
namespace {

constexpr char kDefaultKeys[] = "ctrl-p,ctrl-q";
constexpr char kDelete = 0x7f;

// The byte of one key, which is never a negative number; -1 if it is no key.
int KeyByte(absl::string_view key) {
  if (key.size() == 1) return static_cast<unsigned char>(key[0]);
  if (key == "DEL") return kDelete;
  if (!absl::ConsumePrefix(&key, "ctrl-") || key.size() != 1) return -1;
  if (absl::ascii_islower(static_cast<unsigned char>(key[0]))) {
    return key[0] - 'a' + 1;
  }
  switch (key[0]) {
    case '@':
    case '[':
    case '\\':
    case ']':
    case '^':
    case '_':
      return key[0] - '@';
    default:
      return -1;
  }
}

}  // namespace

absl::StatusOr<std::string> ParseDetachKeys(absl::string_view text) {
  std::string bytes;
  for (const absl::string_view key :
       absl::StrSplit(text.empty() ? kDefaultKeys : text, ',')) {
    const int byte = KeyByte(key);
    if (byte < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("invalid detach keys (", text,
                       ") provided: Unknown character: '", key, "'"));
    }
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes;
}

DetachKeyScanner::Result DetachKeyScanner::Scan(absl::string_view input) {
  Result result;
  if (keys_.empty()) {
    result.bytes = std::string(input);
    return result;
  }
  result.bytes.reserve(input.size());
  for (const char byte : input) {
    Take(byte, &result.bytes);
    if (matched_ == keys_.size()) {
      matched_ = 0;
      result.detached = true;
      break;
    }
  }
  return result;
}

std::string DetachKeyScanner::TakeHeld() {
  return keys_.substr(0, std::exchange(matched_, 0));
}

void DetachKeyScanner::Take(char byte, std::string* passed) {
  std::string held = keys_.substr(0, matched_) + byte;
  // As few as possible are let go: the longest end of what is held that again
  // begins the keys is kept.
  size_t kept = held.size();
  while (kept > 0 &&
         keys_.compare(0, kept, held, held.size() - kept, kept) != 0) {
    --kept;
  }
  passed->append(held, 0, held.size() - kept);
  matched_ = kept;
}

}  // namespace gantry::ctl
