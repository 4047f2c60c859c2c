// An image as Docker shows it: the lines of images, and the object of inspect.
//
// Threads: free functions.

#ifndef GANTRY_CTL_COMMANDS_IMAGE_VIEW_H_
#define GANTRY_CTL_COMMANDS_IMAGE_VIEW_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/json/json.h"
#include "gantry/image/v1/image.pb.h"

namespace gantry::ctl {

// As people write it: "docker.io/library/busybox:latest" is "busybox:latest".
std::string FamiliarName(const std::string& name);

// The headings of images, and a line for each name that matches `pattern`
// ("busybox", "busybox:1.36", "busy*"; empty for all). An image without names
// has one line, which no pattern matches.
Json ImageHeaders();
std::vector<Json> ImageLines(const image::v1::Image& image,
                             const std::string& pattern, absl::Time now,
                             bool truncate);

// `config` is the image's configuration document.
Json InspectImage(const image::v1::Image& image, const Json& config);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_COMMANDS_IMAGE_VIEW_H_
