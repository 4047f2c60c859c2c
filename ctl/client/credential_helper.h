// Asks a helper program for what it keeps: docker-credential-NAME, found in
// $PATH, speaks Docker's protocol on its standard streams.
//
// Threads: free functions.

#ifndef GANTRY_CTL_CLIENT_CREDENTIAL_HELPER_H_
#define GANTRY_CTL_CLIENT_CREDENTIAL_HELPER_H_

#include <string>

#include "absl/status/statusor.h"
#include "gantry/image/v1/registry_credentials.pb.h"

namespace gantry::ctl {

// For `server_address` ("https://index.docker.io/v1/"); empty if the helper
// keeps nothing for it. Waits as long as the helper does, which may ask a
// person.
//
// INVALID_ARGUMENT: `name` is no name of a program.
// NOT_FOUND: there is no such program.
// FAILED_PRECONDITION: it failed, or its answer is not that of a helper.
absl::StatusOr<image::v1::RegistryCredentials> AskCredentialHelper(
    const std::string& name, const std::string& server_address);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_CLIENT_CREDENTIAL_HELPER_H_
