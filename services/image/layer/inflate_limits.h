// How far a compressed stream may grow, so that ten megabytes do not become ten
// gigabytes on the disk.

#ifndef GANTRY_SERVICES_IMAGE_LAYER_INFLATE_LIMITS_H_
#define GANTRY_SERVICES_IMAGE_LAYER_INFLATE_LIMITS_H_

#include <cstdint>

namespace gantry::image {

struct InflateLimits {
  // So many bytes may come out of any input.
  int64_t free_bytes = int64_t{2} << 30;
  // Beyond them, so many bytes for each byte that went in. Programs and text
  // stay below 20; a gzip stream of nothing but zeros reaches 1,000.
  int64_t max_ratio = 100;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_LAYER_INFLATE_LIMITS_H_
