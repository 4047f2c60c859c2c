// How one attempt at a request went.
//
// Threads: a value.

#ifndef GANTRY_SERVICES_IMAGE_REGISTRY_ATTEMPT_H_
#define GANTRY_SERVICES_IMAGE_REGISTRY_ATTEMPT_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/image/registry/http_client.h"

namespace gantry::image {

struct Attempt {
  absl::Status status;
  // Whether another attempt may succeed.
  bool may_retry = false;
  // What the server asks for.
  absl::Duration retry_after = absl::ZeroDuration();

  bool ok() const { return status.ok(); }
};

// Of HttpClient::Perform's failure with the server `host`.
Attempt TransportFailure(const absl::Status& status, absl::string_view host);

// Of an answer that is no success, other than 401, 403 and 404: `body` is its
// begin. RESOURCE_EXHAUSTED (REGISTRY_RATE_LIMIT) or UNAVAILABLE
// (REGISTRY_FAILED).
Attempt AnswerFailure(const HttpHead& head, absl::string_view body,
                      absl::string_view host);

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_REGISTRY_ATTEMPT_H_
