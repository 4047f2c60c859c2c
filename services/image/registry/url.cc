#include "services/image/registry/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <cstdint>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace gantry::image {
namespace {

constexpr size_t kMaxLength = 16 << 10;
constexpr int kHttpPort = 80;
constexpr int kHttpsPort = 443;

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, UrlDeleter>;

absl::Status Refused(absl::string_view text, absl::string_view why) {
  // Without its query, which may hold a secret.
  const absl::string_view shown = text.substr(0, text.find('?')).substr(0, 200);
  return absl::InvalidArgumentError(
      absl::StrCat("the URL \"", absl::CHexEscape(shown), "\": ", why));
}

absl::StatusOr<std::string> Part(CURLU* url, CURLUPart part,
                                 unsigned int flags = 0) {
  char* text = nullptr;
  const CURLUcode code = curl_url_get(url, part, &text, flags);
  if (code != CURLUE_OK) {
    return absl::InvalidArgumentError(curl_url_strerror(code));
  }
  std::string result(text);
  curl_free(text);
  return result;
}

bool HasPart(CURLU* url, CURLUPart part) { return Part(url, part).ok(); }

absl::StatusOr<UrlHandle> Handle(const std::string& text) {
  UrlHandle url(curl_url());
  const CURLUcode code =
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0);
  if (code != CURLUE_OK) return Refused(text, curl_url_strerror(code));
  return url;
}

}  // namespace

absl::StatusOr<Url> Url::Parse(absl::string_view text) {
  if (text.size() > kMaxLength) return Refused(text, "it is too long");
  for (const char c : text) {
    if (!absl::ascii_isgraph(c)) {
      return Refused(text, "it has a character that no URL has");
    }
  }
  GANTRY_ASSIGN_OR_RETURN(const UrlHandle handle, Handle(std::string(text)));
  GANTRY_ASSIGN_OR_RETURN(const std::string scheme,
                          Part(handle.get(), CURLUPART_SCHEME));
  if (scheme != "http" && scheme != "https") {
    return Refused(text, "its scheme is neither http nor https");
  }
  if (HasPart(handle.get(), CURLUPART_USER) ||
      HasPart(handle.get(), CURLUPART_PASSWORD)) {
    return Refused("", "it has a user name");
  }
  Url url;
  url.is_https_ = scheme == "https";
  GANTRY_ASSIGN_OR_RETURN(url.text_, Part(handle.get(), CURLUPART_URL));
  GANTRY_ASSIGN_OR_RETURN(url.host_, Part(handle.get(), CURLUPART_HOST));
  absl::AsciiStrToLower(&url.host_);
  GANTRY_ASSIGN_OR_RETURN(
      const std::string port,
      Part(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT));
  if (!absl::SimpleAtoi(port, &url.port_)) return Refused(text, "its port");
  return url;
}

absl::StatusOr<Url> Url::Resolve(absl::string_view reference) const {
  if (reference.size() > kMaxLength) {
    return Refused(reference, "it is too long");
  }
  GANTRY_ASSIGN_OR_RETURN(const UrlHandle handle, Handle(text_));
  const CURLUcode code = curl_url_set(handle.get(), CURLUPART_URL,
                                      std::string(reference).c_str(), 0);
  if (code != CURLUE_OK) return Refused(reference, curl_url_strerror(code));
  GANTRY_ASSIGN_OR_RETURN(const std::string text,
                          Part(handle.get(), CURLUPART_URL));
  return Parse(text);
}

absl::StatusOr<Url> Url::WithQuery(const std::string& name,
                                   const std::string& value) const {
  GANTRY_ASSIGN_OR_RETURN(const UrlHandle handle, Handle(text_));
  const CURLUcode code = curl_url_set(handle.get(), CURLUPART_QUERY,
                                      absl::StrCat(name, "=", value).c_str(),
                                      CURLU_APPENDQUERY | CURLU_URLENCODE);
  if (code != CURLUE_OK) return Refused(text_, curl_url_strerror(code));
  GANTRY_ASSIGN_OR_RETURN(const std::string text,
                          Part(handle.get(), CURLUPART_URL));
  return Parse(text);
}

std::string Url::Authority() const {
  if (port_ == (is_https_ ? kHttpsPort : kHttpPort)) return host_;
  return absl::StrCat(host_, ":", port_);
}

bool Url::IsLoopback() const {
  if (host_ == "localhost" || host_ == "[::1]") return true;
  in_addr address;
  return inet_pton(AF_INET, host_.c_str(), &address) == 1 &&
         (ntohl(address.s_addr) >> 24) == 127;
}

bool Url::IsSameOrigin(const Url& other) const {
  return is_https_ == other.is_https_ && host_ == other.host_ &&
         port_ == other.port_;
}

}  // namespace gantry::image
