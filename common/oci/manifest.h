// The OCI documents of an image, read from bytes of unknown origin. Docker's
// schema 2 media types are the same documents under other names. Nothing is
// ever written back from these values: the original bytes are what is stored.
//
// Sources: https://github.com/opencontainers/image-spec (manifest.md,
// image-index.md, config.md, descriptor.md).
//
// Threads: values.

#ifndef GANTRY_COMMON_OCI_MANIFEST_H_
#define GANTRY_COMMON_OCI_MANIFEST_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/oci/digest.h"

namespace gantry::oci {

// Longest document that is read, in bytes.
inline constexpr int64_t kMaxDocumentBytes = 4 << 20;

inline constexpr char kMediaTypeManifest[] =
    "application/vnd.oci.image.manifest.v1+json";
inline constexpr char kMediaTypeIndex[] =
    "application/vnd.oci.image.index.v1+json";
inline constexpr char kMediaTypeConfig[] =
    "application/vnd.oci.image.config.v1+json";
inline constexpr char kMediaTypeLayer[] =
    "application/vnd.oci.image.layer.v1.tar";
inline constexpr char kMediaTypeLayerGzip[] =
    "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr char kMediaTypeLayerZstd[] =
    "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr char kMediaTypeDockerManifest[] =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr char kMediaTypeDockerIndex[] =
    "application/vnd.docker.distribution.manifest.list.v2+json";

struct Platform {
  std::string os;
  std::string architecture;
  std::string variant;
};

// This machine's: {"linux", "amd64"}.
Platform HostPlatform();

struct Descriptor {
  std::string media_type;
  Digest digest;
  int64_t size_bytes = 0;
  std::map<std::string, std::string> annotations;
  std::optional<Platform> platform;
};

struct Manifest {
  std::string media_type;
  Descriptor config;
  std::vector<Descriptor> layers;
  std::map<std::string, std::string> annotations;
};

struct Index {
  std::string media_type;
  std::vector<Descriptor> manifests;
  std::map<std::string, std::string> annotations;
};

struct HistoryEntry {
  std::string created_by;
  std::string comment;
  std::optional<absl::Time> created_at;
  bool empty_layer = false;
};

struct ImageConfig {
  Platform platform;
  std::optional<absl::Time> created_at;
  std::vector<Digest> diff_ids;
  std::vector<HistoryEntry> history;
  // The part that a container takes over.
  std::string user;
  std::vector<std::string> env;
  std::vector<std::string> entrypoint;
  std::vector<std::string> command;
  std::string working_dir;
  std::string stop_signal;
  std::map<std::string, std::string> labels;
  std::vector<std::string> exposed_ports;
  std::vector<std::string> volumes;
};

// INVALID_ARGUMENT, all three: not such a document; a document that could be
// read as both a manifest and an index (CVE-2021-41190); a media type that
// contradicts it; a negative size; a malformed digest; rootfs.type other than
// "layers"; more than 1,024 layers or manifests.
absl::StatusOr<Manifest> ParseManifest(absl::string_view bytes);
absl::StatusOr<Index> ParseIndex(absl::string_view bytes);
absl::StatusOr<ImageConfig> ParseImageConfig(absl::string_view bytes);

}  // namespace gantry::oci

#endif  // GANTRY_COMMON_OCI_MANIFEST_H_
