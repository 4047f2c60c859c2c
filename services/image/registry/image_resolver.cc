#include "services/image/registry/image_resolver.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/json/json.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/image/registry/registry_error.h"

namespace gantry::image {
namespace {

constexpr int kMaxIndexDepth = 4;
constexpr char kMediaTypeDockerConfig[] =
    "application/vnd.docker.container.image.v1+json";
constexpr char kSchema1Prefix[] =
    "application/vnd.docker.distribution.manifest.v1+";
// What servers say of a file whose kind they do not know.
constexpr absl::string_view kUnspecific[] = {
    "", "application/json", "application/octet-stream", "text/plain"};

absl::Status BadManifest(absl::string_view message) {
  return Error(absl::StatusCode::kInvalidArgument, "BAD_MANIFEST", message);
}

template <typename T>
absl::StatusOr<T> AsBadManifest(absl::StatusOr<T> parsed) {
  if (parsed.ok()) return parsed;
  return BadManifest(OneLine(parsed.status().message()));
}

bool IsIndexType(absl::string_view type) {
  return type == oci::kMediaTypeIndex || type == oci::kMediaTypeDockerIndex;
}

bool IsManifestType(absl::string_view type) {
  return type == oci::kMediaTypeManifest ||
         type == oci::kMediaTypeDockerManifest;
}

bool IsUnspecific(absl::string_view type) {
  return std::find(std::begin(kUnspecific), std::end(kUnspecific), type) !=
         std::end(kUnspecific);
}

absl::Status Schema1() {
  return BadManifest(
      "it is in the old form \"schema 1\", which is not supported: push it "
      "again with a current engine");
}

// Whether a document is an index. The type that the server gives, the one in
// the document and its members must not contradict each other
// (CVE-2021-41190).
absl::StatusOr<bool> IsIndex(const RemoteDocument& remote) {
  if (absl::StartsWith(remote.content_type, kSchema1Prefix)) return Schema1();
  GANTRY_ASSIGN_OR_RETURN(const Json document,
                          AsBadManifest(ParseJson(remote.bytes)));
  if (!document.is_object()) {
    return BadManifest("the manifest is no JSON object");
  }
  if (document.contains("schemaVersion") && document["schemaVersion"] == 1) {
    return Schema1();
  }
  GANTRY_ASSIGN_OR_RETURN(const std::string media_type,
                          AsBadManifest(GetString(document, "mediaType")));
  const bool has_type = !IsUnspecific(remote.content_type);
  if (has_type && !media_type.empty() && media_type != remote.content_type) {
    return BadManifest(absl::StrCat(
        "the registry sends \"", OneLine(remote.content_type),
        "\", but the document says \"", OneLine(media_type), "\""));
  }
  const std::string& type = has_type ? remote.content_type : media_type;
  if (IsIndexType(type)) return true;
  if (IsManifestType(type)) return false;
  if (!type.empty()) {
    return BadManifest(
        absl::StrCat("it is no image but \"", OneLine(type), "\""));
  }
  return document.contains("manifests");
}

// "v8" is 8; 0 for what is no version.
int VersionOf(absl::string_view variant) {
  int version = 0;
  if (!absl::ConsumePrefix(&variant, "v") ||
      !absl::SimpleAtoi(variant, &version)) {
    return 0;
  }
  return version;
}

// What no variant stands for.
int VersionOf(const oci::Platform& platform) {
  if (!platform.variant.empty()) return VersionOf(platform.variant);
  if (platform.architecture == "arm64") return 8;
  if (platform.architecture == "arm") return 7;
  if (platform.architecture == "amd64") return 1;
  return 0;
}

// How well `offered` suits; below zero: not at all.
int Fit(const oci::Platform& offered, const oci::Platform& wanted) {
  if (offered.os != wanted.os || offered.architecture != wanted.architecture) {
    return -1;
  }
  if (offered.variant == wanted.variant) return 1000;
  const int has = VersionOf(offered);
  const int may_have = VersionOf(wanted);
  // Newer processors run what was built for older ones, and not the reverse.
  if (has == 0 || may_have == 0 || has > may_have) return -1;
  return has;
}

std::string PlatformText(const oci::Platform& platform) {
  return absl::StrCat(platform.os, "/", platform.architecture,
                      platform.variant.empty() ? "" : "/", platform.variant);
}

absl::Status NoPlatform(const oci::Reference& image,
                        const oci::Platform& platform) {
  return Error(
      absl::StatusCode::kNotFound, "PLATFORM_NOT_FOUND",
      absl::StrCat("no matching manifest for ", OneLine(PlatformText(platform)),
                   " in ", image.Familiar()),
      {{"image", image.ToString()}});
}

absl::Status CheckSize(const oci::Descriptor& descriptor, size_t size,
                       absl::string_view what) {
  if (static_cast<size_t>(descriptor.size_bytes) == size) {
    return absl::OkStatus();
  }
  return Error(absl::StatusCode::kDataLoss, "SIZE_MISMATCH",
               absl::StrCat("the ", what, " has ", size, " bytes, not ",
                            descriptor.size_bytes));
}

absl::Status CheckLayer(const oci::Descriptor& layer) {
  if (absl::StrContains(layer.media_type, "nondistributable") ||
      absl::StrContains(layer.media_type, ".foreign.")) {
    return BadManifest(absl::StrCat("the layer ", layer.digest.ToString(),
                                    " lies outside of the registry (\"",
                                    OneLine(layer.media_type),
                                    "\"); such layers are not fetched"));
  }
  if (absl::StrContains(layer.media_type, "encrypted")) {
    return BadManifest(
        absl::StrCat("the layer ", layer.digest.ToString(), " is encrypted"));
  }
  return absl::OkStatus();
}

// A blob in memory.
class DocumentReceiver : public BlobReceiver {
 public:
  explicit DocumentReceiver(const std::function<bool()>& is_cancelled)
      : is_cancelled_(is_cancelled) {}

  absl::Status Append(absl::string_view bytes) override {
    bytes_.append(bytes.data(), bytes.size());
    return absl::OkStatus();
  }
  void Retrying(absl::string_view /*reason*/) override {}
  bool IsCancelled() override { return is_cancelled_(); }

  std::string& bytes() { return bytes_; }

 private:
  const std::function<bool()>& is_cancelled_;
  std::string bytes_;
};

class Resolver {
 public:
  Resolver(Registry& registry, const oci::Reference& image,
           const std::optional<oci::Platform>& platform,
           const std::function<bool()>& is_cancelled)
      : registry_(registry),
        image_(image),
        platform_(platform.value_or(oci::HostPlatform())),
        platform_is_asked_(platform.has_value()),
        is_cancelled_(is_cancelled) {}

  absl::StatusOr<ResolvedImage> Resolve() {
    const std::string reference = image_.digest().has_value()
                                      ? image_.digest()->ToString()
                                      : image_.tag();
    GANTRY_ASSIGN_OR_RETURN(RemoteDocument document,
                            registry_.GetManifest(reference));
    ResolvedImage resolved;
    resolved.digest = document.digest;
    GANTRY_RETURN_IF_ERROR(FindManifest(document));
    resolved.manifest_digest = document.digest;
    resolved.manifest_bytes = std::move(document.bytes);
    GANTRY_ASSIGN_OR_RETURN(
        resolved.manifest,
        AsBadManifest(oci::ParseManifest(resolved.manifest_bytes)));
    for (const oci::Descriptor& layer : resolved.manifest.layers) {
      GANTRY_RETURN_IF_ERROR(CheckLayer(layer));
    }
    GANTRY_RETURN_IF_ERROR(FetchConfig(resolved));
    return resolved;
  }

 private:
  // Replaces an index by what it has for the platform.
  absl::Status FindManifest(RemoteDocument& document) {
    for (int depth = 0;; ++depth) {
      GANTRY_ASSIGN_OR_RETURN(const bool is_index, IsIndex(document));
      if (!is_index) return absl::OkStatus();
      if (depth == kMaxIndexDepth) {
        return BadManifest("indexes in indexes, deeper than 4 levels");
      }
      GANTRY_ASSIGN_OR_RETURN(const oci::Index index,
                              AsBadManifest(oci::ParseIndex(document.bytes)));
      const auto choice = ChooseManifest(index, platform_);
      if (!choice.has_value()) return NoPlatform(image_, platform_);
      if (choice->size_bytes > oci::kMaxDocumentBytes) {
        return BadManifest("an entry of the index is longer than 4 MiB");
      }
      GANTRY_ASSIGN_OR_RETURN(document,
                              registry_.GetManifest(choice->digest.ToString()));
      GANTRY_RETURN_IF_ERROR(
          CheckSize(*choice, document.bytes.size(), "manifest"));
    }
  }

  absl::Status FetchConfig(ResolvedImage& resolved) {
    const oci::Descriptor& descriptor = resolved.manifest.config;
    if (descriptor.size_bytes > oci::kMaxDocumentBytes) {
      return BadManifest("the image's configuration is longer than 4 MiB");
    }
    DocumentReceiver receiver(is_cancelled_);
    GANTRY_RETURN_IF_ERROR(registry_.GetBlob(descriptor, receiver));
    resolved.config_bytes = std::move(receiver.bytes());
    const oci::Digest digest = oci::Digest::Of(resolved.config_bytes);
    if (digest != descriptor.digest) {
      return Error(
          absl::StatusCode::kDataLoss, "DIGEST_MISMATCH",
          absl::StrCat("the configuration has the digest ", digest.ToString(),
                       ", not ", descriptor.digest.ToString()));
    }
    auto config = oci::ParseImageConfig(resolved.config_bytes);
    if (!config.ok() && descriptor.media_type != oci::kMediaTypeConfig &&
        descriptor.media_type != kMediaTypeDockerConfig) {
      return BadManifest(absl::StrCat("it is no image: its configuration is \"",
                                      OneLine(descriptor.media_type), "\""));
    }
    GANTRY_ASSIGN_OR_RETURN(resolved.config, AsBadManifest(std::move(config)));
    return CheckConfig(resolved);
  }

  absl::Status CheckConfig(const ResolvedImage& resolved) const {
    const size_t layers = resolved.manifest.layers.size();
    const size_t diff_ids = resolved.config.diff_ids.size();
    if (layers != diff_ids) {
      return BadManifest(absl::StrCat("the image has ", layers,
                                      " layers, its configuration lists ",
                                      diff_ids));
    }
    const oci::Platform& has = resolved.config.platform;
    if (platform_is_asked_ && !has.architecture.empty() &&
        Fit(has, platform_) < 0) {
      return NoPlatform(image_, platform_);
    }
    return absl::OkStatus();
  }

  Registry& registry_;
  const oci::Reference& image_;
  const oci::Platform platform_;
  const bool platform_is_asked_;
  const std::function<bool()>& is_cancelled_;
};

}  // namespace

std::optional<oci::Descriptor> ChooseManifest(const oci::Index& index,
                                              const oci::Platform& platform) {
  const oci::Descriptor* best = nullptr;
  int best_fit = -1;
  for (const oci::Descriptor& candidate : index.manifests) {
    // One that says nothing is for everybody, if it is the only one.
    const int fit = candidate.platform.has_value()
                        ? Fit(*candidate.platform, platform)
                        : (index.manifests.size() == 1 ? 0 : -1);
    if (fit > best_fit) {
      best = &candidate;
      best_fit = fit;
    }
  }
  if (best == nullptr) return std::nullopt;
  return *best;
}

absl::StatusOr<ResolvedImage> ResolveImage(
    Registry& registry, const oci::Reference& image,
    const std::optional<oci::Platform>& platform,
    const std::function<bool()>& is_cancelled) {
  return Resolver(registry, image, platform, is_cancelled).Resolve();
}

}  // namespace gantry::image
