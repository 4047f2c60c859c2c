// A container as ps shows it.
//
// Threads: free functions.

#ifndef GANTRY_CTL_COMMANDS_CONTAINER_VIEW_H_
#define GANTRY_CTL_COMMANDS_CONTAINER_VIEW_H_

#include <string>

#include "absl/time/time.h"
#include "common/docker/container_state.h"
#include "common/docker/docker_time.h"
#include "common/json/json.h"
#include "gantry/runtime/v1/container.pb.h"

namespace gantry::ctl {

using docker::StateName;
using docker::ToTime;

// "Up 3 seconds", "Exited (0) 5 minutes ago".
std::string StatusText(const runtime::v1::Container& container, absl::Time now);

// The headings of ps, and the fields of one line. `truncate` cuts what is long:
// ids, commands, sources of mounts, digests in names of images.
Json ContainerHeaders();
Json ContainerLine(const runtime::v1::Container& container, absl::Time now,
                   bool truncate);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_COMMANDS_CONTAINER_VIEW_H_
