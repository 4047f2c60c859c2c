// What a server asks for in WWW-Authenticate (RFC 9110, section 11.6.1).
//
// Threads: free functions and values.

#ifndef GANTRY_SERVICES_IMAGE_REGISTRY_AUTH_CHALLENGE_H_
#define GANTRY_SERVICES_IMAGE_REGISTRY_AUTH_CHALLENGE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gantry::image {

struct AuthChallenge {
  // In lower case: "bearer", "basic".
  std::string scheme;
  // Names in lower case.
  std::map<std::string, std::string> parameters;

  // Empty if it has no such parameter.
  std::string Parameter(const std::string& name) const {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::string() : found->second;
  }
};

// The challenges of one header, in its order.
//
// INVALID_ARGUMENT: malformed, a parameter that is there twice, or longer than
// 8 KiB.
absl::StatusOr<std::vector<AuthChallenge>> ParseChallenges(
    absl::string_view header);

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_REGISTRY_AUTH_CHALLENGE_H_
