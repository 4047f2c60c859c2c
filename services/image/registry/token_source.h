// Fetches tokens from the token server that a registry names
// (https://distribution.github.io/distribution/spec/auth/token/), for anybody,
// a user name and a password, or an identity token (OAuth 2).
//
// Threads: may be shared by any number of threads.

#ifndef GANTRY_SERVICES_IMAGE_REGISTRY_TOKEN_SOURCE_H_
#define GANTRY_SERVICES_IMAGE_REGISTRY_TOKEN_SOURCE_H_

#include <functional>
#include <string>

#include "absl/time/time.h"
#include "services/image/registry/attempt.h"
#include "services/image/registry/auth_challenge.h"
#include "services/image/registry/http_client.h"
#include "services/image/registry/registry.h"
#include "services/image/registry/registry_settings.h"
#include "services/image/registry/url.h"

namespace gantry::image {

struct Token {
  // Visible ASCII.
  std::string text;
  absl::Time expires_at = absl::InfinitePast();
};

class TokenSource {
 public:
  // Both must outlive this object.
  TokenSource(HttpClient& http, const RegistrySettings& settings)
      : http_(http), settings_(settings) {}

  // For `challenge` of the registry at `registry`; `scope` if it names none.
  //
  // UNAUTHENTICATED: the token server does not know the user; or its address is
  // one that credentials or requests must not go to: neither https nor, for a
  // registry on loopback, loopback.
  Attempt Fetch(const Url& registry, const AuthChallenge& challenge,
                const std::string& scope, const Credentials& credentials,
                const std::function<bool()>& is_cancelled, Token& token);

 private:
  HttpClient& http_;
  const RegistrySettings& settings_;
};

// "Basic" and the two, encoded.
std::string BasicAuthorization(const Credentials& credentials);

// Whether secrets may go to `url`: over TLS, or to this machine.
bool MaySendSecrets(const Url& url);

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_REGISTRY_TOKEN_SOURCE_H_
