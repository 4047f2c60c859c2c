#include "common/oci/reference.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status/status_macros.h"

namespace gantry::oci {
namespace {

constexpr char kDefaultHost[] = "docker.io";
constexpr char kOfficialPrefix[] = "library/";
constexpr size_t kMaxNameLength = 255;
constexpr size_t kMaxTagLength = 128;

absl::Status Malformed(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("invalid reference format: \"",
                   absl::CHexEscape(text.substr(0, 300)), "\": ", why));
}

bool IsLowerAlnum(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c);
}

// [a-z0-9]+ joined by ".", "_", "__" or any number of "-".
bool IsPathComponent(absl::string_view part) {
  if (part.empty() || !IsLowerAlnum(part.front()) ||
      !IsLowerAlnum(part.back())) {
    return false;
  }
  for (size_t i = 0; i < part.size();) {
    if (IsLowerAlnum(part[i])) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < part.size() && !IsLowerAlnum(part[end])) ++end;
    const absl::string_view separator = part.substr(i, end - i);
    const bool dashes = std::all_of(separator.begin(), separator.end(),
                                    [](char c) { return c == '-'; });
    if (separator != "." && separator != "_" && separator != "__" && !dashes) {
      return false;
    }
    i = end;
  }
  return true;
}

bool IsHostLabel(absl::string_view label) {
  return !label.empty() && absl::ascii_isalnum(label.front()) &&
         absl::ascii_isalnum(label.back()) &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '-'; });
}

bool IsPort(absl::string_view port) {
  return !port.empty() && port.size() <= 5 &&
         std::all_of(port.begin(), port.end(), absl::ascii_isdigit);
}

bool IsHost(absl::string_view host) {
  if (absl::StartsWith(host, "[")) {
    const size_t close = host.find(']');
    if (close == absl::string_view::npos) return false;
    const absl::string_view address = host.substr(1, close - 1);
    absl::string_view rest = host.substr(close + 1);
    return !address.empty() &&
           std::all_of(
               address.begin(), address.end(),
               [](char c) { return absl::ascii_isxdigit(c) || c == ':'; }) &&
           (rest.empty() || (absl::ConsumePrefix(&rest, ":") && IsPort(rest)));
  }
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(host, absl::MaxSplits(':', 1));
  if (absl::StrContains(host, ':') && !IsPort(parts.second)) return false;
  for (absl::string_view label : absl::StrSplit(parts.first, '.')) {
    if (!IsHostLabel(label)) return false;
  }
  return true;
}

// Whether the first part of a name is a host, as Docker decides it.
bool LooksLikeHost(absl::string_view part) {
  return absl::StrContains(part, '.') || absl::StrContains(part, ':') ||
         part == "localhost" ||
         std::any_of(part.begin(), part.end(), absl::ascii_isupper);
}

bool IsTag(absl::string_view tag) {
  return !tag.empty() && tag.size() <= kMaxTagLength && tag.front() != '.' &&
         tag.front() != '-' && std::all_of(tag.begin(), tag.end(), [](char c) {
           return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '-';
         });
}

bool IsHexId(absl::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

absl::StatusOr<Reference> Reference::Parse(absl::string_view text) {
  if (IsHexId(text))
    return Malformed(text, "64 hex digits are an id, not a name");
  Reference reference;
  absl::string_view name = text;
  if (const size_t at = name.find('@'); at != absl::string_view::npos) {
    GANTRY_ASSIGN_OR_RETURN(reference.digest_,
                            Digest::Parse(name.substr(at + 1)));
    name = name.substr(0, at);
  }
  const size_t colon = name.rfind(':');
  const size_t slash = name.rfind('/');
  if (colon != absl::string_view::npos &&
      (slash == absl::string_view::npos || colon > slash)) {
    reference.tag_ = std::string(name.substr(colon + 1));
    if (!IsTag(reference.tag_)) return Malformed(text, "the tag is malformed");
    name = name.substr(0, colon);
  }
  if (name.empty()) return Malformed(text, "the name is empty");
  const size_t first_slash = name.find('/');
  if (first_slash != absl::string_view::npos &&
      LooksLikeHost(name.substr(0, first_slash))) {
    reference.host_ = std::string(name.substr(0, first_slash));
    name = name.substr(first_slash + 1);
    if (!IsHost(reference.host_))
      return Malformed(text, "the host is malformed");
  } else {
    reference.host_ = kDefaultHost;
  }
  if (reference.host_ == "index.docker.io") reference.host_ = kDefaultHost;
  for (absl::string_view part : absl::StrSplit(name, '/')) {
    if (std::any_of(part.begin(), part.end(), absl::ascii_isupper)) {
      return Malformed(text, "repository name must be lowercase");
    }
    if (!IsPathComponent(part)) return Malformed(text, "the name is malformed");
  }
  reference.path_ = std::string(name);
  if (reference.host_ == kDefaultHost && !absl::StrContains(name, '/')) {
    reference.path_ = absl::StrCat(kOfficialPrefix, name);
  }
  if (reference.repository().size() > kMaxNameLength) {
    return Malformed(text, "the name is longer than 255 characters");
  }
  if (reference.tag_.empty() && !reference.digest_.has_value())
    reference.tag_ = "latest";
  return reference;
}

std::string Reference::ToString() const {
  std::string text = repository();
  if (!tag_.empty()) absl::StrAppend(&text, ":", tag_);
  if (digest_.has_value()) absl::StrAppend(&text, "@", digest_->ToString());
  return text;
}

std::string Reference::FamiliarRepository() const {
  if (host_ != kDefaultHost) return repository();
  absl::string_view path = path_;
  // "library/a/b" is not an official image.
  if (absl::StartsWith(path, kOfficialPrefix) &&
      path.find('/', sizeof(kOfficialPrefix) - 1) == absl::string_view::npos) {
    path.remove_prefix(sizeof(kOfficialPrefix) - 1);
  }
  return std::string(path);
}

std::string Reference::Familiar() const {
  std::string text = FamiliarRepository();
  if (!tag_.empty()) absl::StrAppend(&text, ":", tag_);
  if (digest_.has_value()) absl::StrAppend(&text, "@", digest_->ToString());
  return text;
}

}  // namespace gantry::oci
