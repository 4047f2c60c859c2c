#include "services/image/registry/token_source.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/json/json.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/image/registry/bounded_answer.h"
#include "services/image/registry/registry_error.h"

namespace gantry::image {
namespace {

constexpr size_t kMaxAnswerBytes = 1 << 20;
constexpr size_t kMaxTokenBytes = 32 << 10;
// What the specification says of a token without "expires_in"; some servers
// name less than their tokens last.
constexpr absl::Duration kMinLifetime = absl::Seconds(60);
constexpr absl::Duration kMaxLifetime = absl::Hours(24);
// A token is not used in its last seconds: the request takes a while.
constexpr absl::Duration kMargin = absl::Seconds(5);

absl::Status Unauthenticated(absl::string_view message) {
  return Error(absl::StatusCode::kUnauthenticated, "TOKEN_REFUSED", message);
}

// Whether a registry may name this token server.
bool IsRealmAllowed(const Url& registry, const Url& realm,
                    const RegistrySettings& settings) {
  if (realm.is_https()) return true;
  // A registry that is reached over TLS must not lead away from it.
  if (registry.is_https()) return false;
  if (registry.IsLoopback() && realm.IsLoopback()) return true;
  const auto host = settings.hosts.find(realm.Authority());
  return host != settings.hosts.end() && host->second.plain_http;
}

absl::StatusOr<Url> QueryUrl(const Url& realm, const std::string& service,
                             const std::string& scope,
                             const Credentials& credentials) {
  Url url = realm;
  if (!service.empty()) {
    GANTRY_ASSIGN_OR_RETURN(url, url.WithQuery("service", service));
  }
  for (const absl::string_view part :
       absl::StrSplit(scope, ' ', absl::SkipEmpty())) {
    GANTRY_ASSIGN_OR_RETURN(url, url.WithQuery("scope", std::string(part)));
  }
  if (!credentials.username.empty()) {
    GANTRY_ASSIGN_OR_RETURN(url,
                            url.WithQuery("account", credentials.username));
  }
  return url;
}

std::string FormEncode(absl::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_' ||
        c == '~') {
      encoded += c;
    } else {
      absl::StrAppend(&encoded, "%",
                      absl::BytesToHexString(absl::string_view(&c, 1)));
    }
  }
  return encoded;
}

std::string RefreshForm(const std::string& service, const std::string& scope,
                        const std::string& identity_token) {
  std::string form = "grant_type=refresh_token&client_id=gantry";
  absl::StrAppend(&form, "&service=", FormEncode(service),
                  "&scope=", FormEncode(scope),
                  "&refresh_token=", FormEncode(identity_token));
  return form;
}

// Where the token server is, if requests and `credentials` may go there.
absl::StatusOr<Url> RealmOf(const Url& registry, const AuthChallenge& challenge,
                            const Credentials& credentials,
                            const RegistrySettings& settings) {
  const absl::StatusOr<Url> realm = Url::Parse(challenge.Parameter("realm"));
  if (!realm.ok()) {
    return Unauthenticated(absl::StrCat(
        "the registry ", registry.Authority(),
        " names no usable token server: ", OneLine(realm.status().message())));
  }
  if (!IsRealmAllowed(registry, *realm, settings)) {
    return Unauthenticated(absl::StrCat(
        "the registry ", registry.Authority(), " names the token server ",
        OneLine(realm->Authority()), ", which does not use https"));
  }
  if (!credentials.empty() && !MaySendSecrets(*realm)) {
    return Unauthenticated(absl::StrCat("credentials are not sent to ",
                                        realm->Authority(),
                                        " over plain HTTP"));
  }
  return realm;
}

absl::StatusOr<HttpRequest> MakeRequest(const Url& realm,
                                        const AuthChallenge& challenge,
                                        const std::string& default_scope,
                                        const Credentials& credentials,
                                        const RegistrySettings& settings) {
  const std::string service = challenge.Parameter("service");
  const std::string named = challenge.Parameter("scope");
  const std::string& scope = named.empty() ? default_scope : named;
  HttpRequest request(realm);
  if (!credentials.identity_token.empty()) {
    request.method = "POST";
    request.headers.emplace_back("Content-Type",
                                 "application/x-www-form-urlencoded");
    request.body = RefreshForm(service, scope, credentials.identity_token);
  } else {
    GANTRY_ASSIGN_OR_RETURN(request.url,
                            QueryUrl(realm, service, scope, credentials));
    if (!credentials.username.empty()) {
      request.headers.emplace_back("Authorization",
                                   BasicAuthorization(credentials));
    }
  }
  const auto host = settings.hosts.find(realm.Authority());
  if (host != settings.hosts.end()) {
    request.ca_file = host->second.ca_file;
    request.skip_tls_verify = host->second.skip_tls_verify;
  }
  return request;
}

absl::StatusOr<Token> ReadToken(absl::string_view body) {
  GANTRY_ASSIGN_OR_RETURN(const Json document, ParseJson(body));
  if (!document.is_object())
    return absl::InvalidArgumentError("its answer is no JSON object");
  Token token;
  GANTRY_ASSIGN_OR_RETURN(token.text, GetString(document, "token"));
  if (token.text.empty()) {
    GANTRY_ASSIGN_OR_RETURN(token.text, GetString(document, "access_token"));
  }
  // It goes into a header.
  if (token.text.empty() || token.text.size() > kMaxTokenBytes ||
      !std::all_of(token.text.begin(), token.text.end(), absl::ascii_isgraph)) {
    return absl::InvalidArgumentError("its answer has no usable token");
  }
  GANTRY_ASSIGN_OR_RETURN(const int64_t seconds,
                          GetInt(document, "expires_in"));
  const absl::Duration lifetime =
      std::clamp(absl::Seconds(seconds), kMinLifetime, kMaxLifetime);
  token.expires_at = absl::Now() + lifetime - kMargin;
  return token;
}

}  // namespace

std::string BasicAuthorization(const Credentials& credentials) {
  return absl::StrCat("Basic ",
                      absl::Base64Escape(absl::StrCat(credentials.username, ":",
                                                      credentials.password)));
}

bool MaySendSecrets(const Url& url) {
  return url.is_https() || url.IsLoopback();
}

Attempt TokenSource::Fetch(const Url& registry, const AuthChallenge& challenge,
                           const std::string& scope,
                           const Credentials& credentials,
                           const std::function<bool()>& is_cancelled,
                           Token& token) {
  const absl::StatusOr<Url> realm =
      RealmOf(registry, challenge, credentials, settings_);
  if (!realm.ok()) return {realm.status()};
  const absl::StatusOr<HttpRequest> request =
      MakeRequest(*realm, challenge, scope, credentials, settings_);
  if (!request.ok()) return {request.status()};
  BoundedAnswer answer(kMaxAnswerBytes, is_cancelled);
  const absl::Status sent = http_.Perform(*request, answer);
  if (!sent.ok() && !answer.is_cut()) {
    return TransportFailure(sent, realm->Authority());
  }
  const int status = answer.head().status;
  if (status == 401 || status == 403 || status == 400) {
    const std::string said = RegistryMessage(answer.body());
    return {Unauthenticated(
        absl::StrCat("the token server ", realm->Authority(), " refuses",
                     credentials.empty() ? "" : " the credentials",
                     said.empty() ? "" : ": ", said))};
  }
  if (status != 200) {
    return AnswerFailure(answer.head(), answer.body(), realm->Authority());
  }
  absl::StatusOr<Token> read = ReadToken(answer.body());
  if (!read.ok()) {
    return {Error(absl::StatusCode::kUnavailable, "REGISTRY_FAILED",
                  absl::StrCat("the token server ", realm->Authority(), ": ",
                               OneLine(read.status().message())))};
  }
  token = *std::move(read);
  return {absl::OkStatus()};
}

}  // namespace gantry::image
