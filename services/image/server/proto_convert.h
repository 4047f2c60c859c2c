// The service's values as wire messages.
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_IMAGE_SERVER_PROTO_CONVERT_H_
#define GANTRY_SERVICES_IMAGE_SERVER_PROTO_CONVERT_H_

#include "common/oci/manifest.h"
#include "gantry/image/v1/image.pb.h"
#include "gantry/image/v1/registry_credentials.pb.h"
#include "gantry/types/v1/platform.pb.h"
#include "services/image/metadata/image_store.h"
#include "services/image/registry/registry.h"

namespace gantry::image {

v1::Image ToProto(const Image& image);

// What is empty of it is this machine's; a variant belongs to its architecture.
oci::Platform FromProto(const types::v1::Platform& platform);
Credentials FromProto(const v1::RegistryCredentials& credentials);

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_SERVER_PROTO_CONVERT_H_
