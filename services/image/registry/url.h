// An http or https URL, read by the parser of the library that connects to it,
// so that what is checked is what is connected to.
//
// Threads: a value.

#ifndef GANTRY_SERVICES_IMAGE_REGISTRY_URL_H_
#define GANTRY_SERVICES_IMAGE_REGISTRY_URL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gantry::image {

class Url {
 public:
  // INVALID_ARGUMENT: no URL, another scheme than http and https, or one with
  // a user name or a password.
  static absl::StatusOr<Url> Parse(absl::string_view text);

  // What `reference` means in a document at this URL: absolute or relative.
  //
  // INVALID_ARGUMENT: as Parse.
  absl::StatusOr<Url> Resolve(absl::string_view reference) const;

  // With `name=value` added to the query, encoded.
  //
  // INVALID_ARGUMENT: the URL would become too long.
  absl::StatusOr<Url> WithQuery(const std::string& name,
                                const std::string& value) const;

  const std::string& text() const { return text_; }
  bool is_https() const { return is_https_; }
  // In lower case; an IPv6 address in brackets.
  const std::string& host() const { return host_; }
  // "host:port", the port only if it is not the scheme's own.
  std::string Authority() const;

  // Whether the host, as it is written, is this machine: "localhost", an
  // address of 127.0.0.0/8, "[::1]". Names are not looked up.
  bool IsLoopback() const;

  // The same scheme, host and port.
  bool IsSameOrigin(const Url& other) const;

 private:
  Url() = default;

  std::string text_;
  std::string host_;
  int port_ = 0;
  bool is_https_ = false;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_REGISTRY_URL_H_
