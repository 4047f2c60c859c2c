// Answers one HTTP/1.1 GET on a connection and closes it. Parsing is
// Boost.Beast's.
//
// Threads: a free function; it blocks for at most some seconds, whatever the
// other side does.

#ifndef GANTRY_SERVICES_GATEWAY_METRICS_HTTP_CONNECTION_H_
#define GANTRY_SERVICES_GATEWAY_METRICS_HTTP_CONNECTION_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/fs/unique_fd.h"

namespace gantry::gateway {

// The body for a path. NOT_FOUND becomes 404, UNAVAILABLE 503, others 500.
using HttpHandler =
    std::function<absl::StatusOr<std::string>(absl::string_view path)>;

// At most 16 KiB of headers within 5 s; other methods than GET and HEAD are
// refused.
void ServeHttp(UniqueFd connection, const HttpHandler& handler);

}  // namespace gantry::gateway

#endif  // GANTRY_SERVICES_GATEWAY_METRICS_HTTP_CONNECTION_H_
