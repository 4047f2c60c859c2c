// What a person's configuration says of registries: Docker's config.json, with
// user names and passwords, and the helper programs that keep them.
//
// Threads: a value.

#ifndef GANTRY_CTL_CLIENT_REGISTRY_CONFIG_H_
#define GANTRY_CTL_CLIENT_REGISTRY_CONFIG_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gantry/image/v1/registry_credentials.pb.h"

namespace gantry::ctl {

class RegistryConfig {
 public:
  // The config.json in the directory $DOCKER_CONFIG, else in ~/.docker. Without
  // a file there are no credentials.
  //
  // INVALID_ARGUMENT: the file is malformed.
  // PERMISSION_DENIED and the like: it cannot be read.
  static absl::StatusOr<RegistryConfig> Load();

  // `path` is for messages.
  //
  // INVALID_ARGUMENT: not such a document.
  static absl::StatusOr<RegistryConfig> Parse(absl::string_view text,
                                              absl::string_view path);

  // The helper for a registry: "NAME" of the program docker-credential-NAME;
  // empty if there is none. `host` is "docker.io" or "registry.example:5000".
  std::string HelperFor(absl::string_view host) const;

  // What the file itself holds for a registry; empty if it holds nothing.
  image::v1::RegistryCredentials CredentialsFor(absl::string_view host) const;

 private:
  // By the registry's host, as hosts are in images' names.
  std::map<std::string, image::v1::RegistryCredentials> credentials_;
  std::map<std::string, std::string> helpers_;
  std::string default_helper_;
};

// What helpers and Docker's file call a registry: "https://index.docker.io/v1/"
// for "docker.io", else the host.
std::string RegistryServerAddress(absl::string_view host);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_CLIENT_REGISTRY_CONFIG_H_
