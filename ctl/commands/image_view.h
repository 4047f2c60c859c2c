// An image as images shows it.
//
// Threads: free functions.

#ifndef GANTRY_CTL_COMMANDS_IMAGE_VIEW_H_
#define GANTRY_CTL_COMMANDS_IMAGE_VIEW_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/docker/image_inspect.h"
#include "common/json/json.h"
#include "gantry/image/v1/image.pb.h"

namespace gantry::ctl {

using docker::FamiliarName;

// The headings of images, and a line for each tag that matches `pattern`
// ("busybox", "busybox:1.36", "busy*"; empty for all), then one for each
// repository that has the image by a digest alone, with "<none>" for the tag.
// With `all_digests` there is a line for each digest of a repository, else only
// one. An image without any name has one line, which no pattern matches.
Json ImageHeaders();
std::vector<Json> ImageLines(const image::v1::Image& image,
                             const std::string& pattern, absl::Time now,
                             bool truncate, bool all_digests = false);

// Whether it has no name at all, not even by a digest.
bool IsDangling(const image::v1::Image& image);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_COMMANDS_IMAGE_VIEW_H_
