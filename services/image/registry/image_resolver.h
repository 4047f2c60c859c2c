// Finds out what a registry has under a name: through indexes, for one
// platform, down to the manifest and the configuration.
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_IMAGE_REGISTRY_IMAGE_RESOLVER_H_
#define GANTRY_SERVICES_IMAGE_REGISTRY_IMAGE_RESOLVER_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/oci/digest.h"
#include "common/oci/manifest.h"
#include "common/oci/reference.h"
#include "services/image/registry/registry.h"

namespace gantry::image {

struct ResolvedImage {
  // Of the manifest or the index that the name stands for.
  oci::Digest digest;
  oci::Manifest manifest;
  // Byte for byte.
  std::string manifest_bytes;
  oci::Digest manifest_digest;
  std::string config_bytes;
  oci::ImageConfig config;
};

// `platform` is this machine's if it is not set. With a digest in `image`, its
// tag counts for nothing.
//
// INVALID_ARGUMENT (BAD_MANIFEST): a document that is malformed, ambiguous, of
// schema 1, or not of an image; a layer that lies elsewhere or is encrypted.
// NOT_FOUND (PLATFORM_NOT_FOUND): nothing for the platform.
// Otherwise as Registry.
absl::StatusOr<ResolvedImage> ResolveImage(
    Registry& registry, const oci::Reference& image,
    const std::optional<oci::Platform>& platform,
    const std::function<bool()>& is_cancelled);

// The manifest for `platform`, which is complete or has no variant; none if
// there is none. Of several that will do it is the one that asks most of the
// processor, and the first of those.
std::optional<oci::Descriptor> ChooseManifest(const oci::Index& index,
                                              const oci::Platform& platform);

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_REGISTRY_IMAGE_RESOLVER_H_
