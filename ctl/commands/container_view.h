// A container as Docker shows it: a line of ps, and the object of inspect.
//
// Threads: free functions.

#ifndef GANTRY_CTL_COMMANDS_CONTAINER_VIEW_H_
#define GANTRY_CTL_COMMANDS_CONTAINER_VIEW_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/json/json.h"
#include "gantry/runtime/v1/container.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace gantry::ctl {

absl::Time ToTime(const google::protobuf::Timestamp& timestamp);

// "created", "running", …
std::string StateName(runtime::v1::ContainerState state);

// "Up 3 seconds", "Exited (0) 5 minutes ago".
std::string StatusText(const runtime::v1::Container& container, absl::Time now);

// The headings of ps, and the fields of one line.
Json ContainerHeaders();
Json ContainerLine(const runtime::v1::Container& container, absl::Time now,
                   bool truncate);

// `image_config` is the image's configuration document; null if it is gone.
Json InspectContainer(const runtime::v1::Container& container,
                      const Json& image_config);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_COMMANDS_CONTAINER_VIEW_H_
