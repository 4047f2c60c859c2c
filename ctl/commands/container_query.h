// Which containers ps lists.
//
// Threads: a free function.

#ifndef GANTRY_CTL_COMMANDS_CONTAINER_QUERY_H_
#define GANTRY_CTL_COMMANDS_CONTAINER_QUERY_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ctl/client/gateway_client.h"
#include "ctl/flags/flag_set.h"

namespace gantry::ctl {

struct ContainerListing {
  GatewayClient::ContainerQuery query;
  // Images, by name or id, of which one must be the container's; empty for any.
  // The platform does not know this filter.
  std::vector<std::string> ancestors;
  // How many of those that match are shown.
  int64_t limit = std::numeric_limits<int64_t>::max();
};

// By --all, --filter, --last and --latest.
//
// INVALID_ARGUMENT: a filter that there is not, or a value that it cannot have.
absl::StatusOr<ContainerListing> ListingFromFlags(const ParsedFlags& flags);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_COMMANDS_CONTAINER_QUERY_H_
