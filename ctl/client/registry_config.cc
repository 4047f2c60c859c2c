#include "ctl/client/registry_config.h"

#include <cstdint>
#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/fs/file.h"
#include "common/json/json.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace gantry::ctl {
namespace {

constexpr int64_t kMaxConfigBytes = 4 << 20;
constexpr char kDockerHub[] = "docker.io";
constexpr char kDockerHubAddress[] = "https://index.docker.io/v1/";

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Empty if there is no place for it.
std::string ConfigDirectory() {
  const std::string dockers = FromEnvironment("DOCKER_CONFIG");
  if (!dockers.empty()) return dockers;
  const std::string home = FromEnvironment("HOME");
  return home.empty() ? "" : absl::StrCat(home, "/.docker");
}

// The host of a key: "https://index.docker.io/v1/" is "docker.io".
std::string HostOfKey(absl::string_view key) {
  if (!absl::ConsumePrefix(&key, "https://")) {
    absl::ConsumePrefix(&key, "http://");
  }
  const absl::string_view host = key.substr(0, key.find('/'));
  if (host == "index.docker.io" || host == "registry-1.docker.io") {
    return kDockerHub;
  }
  return std::string(host);
}

absl::StatusOr<image::v1::RegistryCredentials> CredentialsOf(
    const Json& entry) {
  image::v1::RegistryCredentials credentials;
  GANTRY_ASSIGN_OR_RETURN(const std::string token,
                          GetString(entry, "identitytoken"));
  GANTRY_ASSIGN_OR_RETURN(const std::string auth, GetString(entry, "auth"));
  GANTRY_ASSIGN_OR_RETURN(*credentials.mutable_username(),
                          GetString(entry, "username"));
  GANTRY_ASSIGN_OR_RETURN(*credentials.mutable_password(),
                          GetString(entry, "password"));
  credentials.set_identity_token(token);
  if (auth.empty()) return credentials;
  std::string text;
  if (!absl::Base64Unescape(auth, &text)) {
    return absl::InvalidArgumentError("\"auth\" is not base64");
  }
  const size_t colon = text.find(':');
  if (colon == std::string::npos) {
    return absl::InvalidArgumentError("\"auth\" is not user:password");
  }
  credentials.set_username(text.substr(0, colon));
  std::string password = text.substr(colon + 1);
  // Some programs pad what they write with zero bytes.
  password.erase(password.find_last_not_of('\0') + 1);
  credentials.set_password(std::move(password));
  return credentials;
}

}  // namespace

absl::StatusOr<RegistryConfig> RegistryConfig::Load() {
  const std::string directory = ConfigDirectory();
  if (directory.empty()) return RegistryConfig();
  const std::string path = absl::StrCat(directory, "/config.json");
  const auto text = ReadFile(path, kMaxConfigBytes);
  if (absl::IsNotFound(text.status())) return RegistryConfig();
  GANTRY_RETURN_IF_ERROR(text.status());
  return Parse(*text, path);
}

absl::StatusOr<RegistryConfig> RegistryConfig::Parse(absl::string_view text,
                                                     absl::string_view path) {
  const auto wrong = [path](const absl::Status& status) {
    return Annotate(status, path);
  };
  const auto document = ParseJson(text);
  if (!document.ok()) return wrong(document.status());
  if (!document->is_object()) {
    return wrong(absl::InvalidArgumentError("not a JSON object"));
  }
  RegistryConfig config;
  const auto store = GetString(*document, "credsStore");
  if (!store.ok()) return wrong(store.status());
  config.default_helper_ = *store;
  const auto helpers = GetStringMap(*document, "credHelpers");
  if (!helpers.ok()) return wrong(helpers.status());
  for (const auto& [key, helper] : *helpers) {
    config.helpers_[HostOfKey(key)] = helper;
  }
  const auto auths = GetObject(*document, "auths");
  if (!auths.ok()) return wrong(auths.status());
  for (const auto& [key, entry] : auths->items()) {
    const auto credentials =
        entry.is_object()
            ? CredentialsOf(entry)
            : absl::InvalidArgumentError("its entry is not an object");
    if (!credentials.ok()) {
      return wrong(
          Annotate(credentials.status(), absl::StrCat("auths of ", key)));
    }
    // The key in Docker's own form is the one that Docker itself would take.
    const std::string host = HostOfKey(key);
    if (key == RegistryServerAddress(host)) {
      config.credentials_[host] = *credentials;
    } else {
      config.credentials_.emplace(host, *credentials);
    }
  }
  return config;
}

std::string RegistryConfig::HelperFor(absl::string_view host) const {
  const auto it = helpers_.find(std::string(host));
  return it == helpers_.end() ? default_helper_ : it->second;
}

image::v1::RegistryCredentials RegistryConfig::CredentialsFor(
    absl::string_view host) const {
  const auto it = credentials_.find(std::string(host));
  return it == credentials_.end() ? image::v1::RegistryCredentials()
                                  : it->second;
}

std::string RegistryServerAddress(absl::string_view host) {
  return host == kDockerHub ? kDockerHubAddress : std::string(host);
}

}  // namespace gantry::ctl
