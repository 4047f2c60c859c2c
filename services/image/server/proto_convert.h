// The service's values as wire messages.
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_IMAGE_SERVER_PROTO_CONVERT_H_
#define GANTRY_SERVICES_IMAGE_SERVER_PROTO_CONVERT_H_

#include "gantry/image/v1/image.pb.h"
#include "services/image/metadata/image_store.h"

namespace gantry::image {

v1::Image ToProto(const Image& image);

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_SERVER_PROTO_CONVERT_H_
