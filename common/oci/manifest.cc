#include "common/oci/manifest.h"

#include <sys/utsname.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/json/json.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace gantry::oci {
namespace {

constexpr size_t kMaxEntries = 1024;

absl::StatusOr<Json> ParseDocument(absl::string_view bytes) {
  if (static_cast<int64_t>(bytes.size()) > kMaxDocumentBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("longer than ", kMaxDocumentBytes, " bytes"));
  }
  GANTRY_ASSIGN_OR_RETURN(Json document, ParseJson(bytes));
  if (!document.is_object())
    return absl::InvalidArgumentError("not a JSON object");
  return document;
}

absl::StatusOr<Platform> ParsePlatform(const Json& object) {
  Platform platform;
  GANTRY_ASSIGN_OR_RETURN(platform.os, GetString(object, "os"));
  GANTRY_ASSIGN_OR_RETURN(platform.architecture,
                          GetString(object, "architecture"));
  GANTRY_ASSIGN_OR_RETURN(platform.variant, GetString(object, "variant"));
  return platform;
}

absl::StatusOr<Descriptor> ParseDescriptor(const Json& object) {
  if (!object.is_object())
    return absl::InvalidArgumentError("a descriptor is not an object");
  Descriptor descriptor;
  GANTRY_ASSIGN_OR_RETURN(descriptor.media_type,
                          GetString(object, "mediaType"));
  GANTRY_ASSIGN_OR_RETURN(const std::string digest,
                          GetString(object, "digest"));
  GANTRY_ASSIGN_OR_RETURN(descriptor.digest, Digest::Parse(digest));
  GANTRY_ASSIGN_OR_RETURN(descriptor.size_bytes, GetInt(object, "size"));
  if (descriptor.size_bytes < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("the size of ", digest, " is negative"));
  }
  GANTRY_ASSIGN_OR_RETURN(descriptor.annotations,
                          GetStringMap(object, "annotations"));
  if (object.contains("platform")) {
    GANTRY_ASSIGN_OR_RETURN(const Json platform, GetObject(object, "platform"));
    GANTRY_ASSIGN_OR_RETURN(descriptor.platform, ParsePlatform(platform));
  }
  return descriptor;
}

absl::StatusOr<std::vector<Descriptor>> ParseDescriptors(
    const Json& object, absl::string_view key) {
  GANTRY_ASSIGN_OR_RETURN(const Json array, GetArray(object, key));
  if (array.size() > kMaxEntries) {
    return absl::InvalidArgumentError(
        absl::StrCat("more than ", kMaxEntries, " ", key));
  }
  std::vector<Descriptor> result;
  for (const Json& element : array) {
    GANTRY_ASSIGN_OR_RETURN(Descriptor descriptor, ParseDescriptor(element));
    result.push_back(std::move(descriptor));
  }
  return result;
}

// Two readers must not see two documents in the same bytes (CVE-2021-41190).
absl::Status CheckKind(const Json& document, bool is_index,
                       std::string& media_type) {
  GANTRY_ASSIGN_OR_RETURN(const int64_t version,
                          GetInt(document, "schemaVersion"));
  if (version != 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("schemaVersion is ", version, "; only 2 is known"));
  }
  GANTRY_ASSIGN_OR_RETURN(media_type, GetString(document, "mediaType"));
  const bool has_manifests = document.contains("manifests");
  const bool has_layers =
      document.contains("layers") || document.contains("config");
  if (has_manifests && has_layers) {
    return absl::InvalidArgumentError(
        "it could be read as a manifest and as an index");
  }
  if (is_index ? !has_manifests : !has_layers) {
    return absl::InvalidArgumentError(
        is_index ? "it has no manifests" : "it has no layers and no config");
  }
  const bool index_type =
      media_type == kMediaTypeIndex || media_type == kMediaTypeDockerIndex;
  const bool manifest_type = media_type == kMediaTypeManifest ||
                             media_type == kMediaTypeDockerManifest;
  if (!media_type.empty() && (is_index ? !index_type : !manifest_type)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "its media type \"", media_type, "\" is another document's"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Manifest> ManifestOf(absl::string_view bytes) {
  GANTRY_ASSIGN_OR_RETURN(const Json document, ParseDocument(bytes));
  Manifest manifest;
  GANTRY_RETURN_IF_ERROR(CheckKind(document, false, manifest.media_type));
  GANTRY_ASSIGN_OR_RETURN(const Json config, GetObject(document, "config"));
  GANTRY_ASSIGN_OR_RETURN(manifest.config, ParseDescriptor(config));
  GANTRY_ASSIGN_OR_RETURN(manifest.layers,
                          ParseDescriptors(document, "layers"));
  GANTRY_ASSIGN_OR_RETURN(manifest.annotations,
                          GetStringMap(document, "annotations"));
  return manifest;
}

absl::StatusOr<Index> IndexOf(absl::string_view bytes) {
  GANTRY_ASSIGN_OR_RETURN(const Json document, ParseDocument(bytes));
  Index index;
  GANTRY_RETURN_IF_ERROR(CheckKind(document, true, index.media_type));
  GANTRY_ASSIGN_OR_RETURN(index.manifests,
                          ParseDescriptors(document, "manifests"));
  GANTRY_ASSIGN_OR_RETURN(index.annotations,
                          GetStringMap(document, "annotations"));
  return index;
}

// An unreadable time is no reason to refuse an image.
absl::StatusOr<std::optional<absl::Time>> GetTime(const Json& object,
                                                  absl::string_view key) {
  GANTRY_ASSIGN_OR_RETURN(const std::string text, GetString(object, key));
  absl::Time time;
  if (text.empty() ||
      !absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) {
    return std::optional<absl::Time>();
  }
  return std::optional<absl::Time>(time);
}

absl::StatusOr<std::vector<std::string>> KeysOf(const Json& object,
                                                absl::string_view key) {
  GANTRY_ASSIGN_OR_RETURN(const Json set, GetObject(object, key));
  std::vector<std::string> keys;
  for (const auto& [name, value] : set.items()) keys.push_back(name);
  return keys;
}

absl::Status ReadRootfs(const Json& document, ImageConfig& config) {
  GANTRY_ASSIGN_OR_RETURN(const Json rootfs, GetObject(document, "rootfs"));
  GANTRY_ASSIGN_OR_RETURN(const std::string type, GetString(rootfs, "type"));
  if (type != "layers") {
    return absl::InvalidArgumentError(
        absl::StrCat("rootfs.type is \"", type, "\", not \"layers\""));
  }
  GANTRY_ASSIGN_OR_RETURN(const std::vector<std::string> diff_ids,
                          GetStrings(rootfs, "diff_ids"));
  if (diff_ids.size() > kMaxEntries) {
    return absl::InvalidArgumentError(
        absl::StrCat("more than ", kMaxEntries, " layers"));
  }
  for (const std::string& text : diff_ids) {
    GANTRY_ASSIGN_OR_RETURN(Digest digest, Digest::Parse(text));
    config.diff_ids.push_back(std::move(digest));
  }
  return absl::OkStatus();
}

absl::Status ReadHistory(const Json& document, ImageConfig& config) {
  GANTRY_ASSIGN_OR_RETURN(const Json history, GetArray(document, "history"));
  for (const Json& element : history) {
    HistoryEntry entry;
    GANTRY_ASSIGN_OR_RETURN(entry.created_by, GetString(element, "created_by"));
    GANTRY_ASSIGN_OR_RETURN(entry.comment, GetString(element, "comment"));
    GANTRY_ASSIGN_OR_RETURN(entry.created_at, GetTime(element, "created"));
    GANTRY_ASSIGN_OR_RETURN(entry.empty_layer, GetBool(element, "empty_layer"));
    config.history.push_back(std::move(entry));
  }
  return absl::OkStatus();
}

absl::Status ReadDefaults(const Json& document, ImageConfig& config) {
  GANTRY_ASSIGN_OR_RETURN(const Json defaults, GetObject(document, "config"));
  GANTRY_ASSIGN_OR_RETURN(config.user, GetString(defaults, "User"));
  GANTRY_ASSIGN_OR_RETURN(config.env, GetStrings(defaults, "Env"));
  GANTRY_ASSIGN_OR_RETURN(config.entrypoint,
                          GetStrings(defaults, "Entrypoint"));
  GANTRY_ASSIGN_OR_RETURN(config.command, GetStrings(defaults, "Cmd"));
  GANTRY_ASSIGN_OR_RETURN(config.working_dir,
                          GetString(defaults, "WorkingDir"));
  GANTRY_ASSIGN_OR_RETURN(config.stop_signal,
                          GetString(defaults, "StopSignal"));
  GANTRY_ASSIGN_OR_RETURN(config.labels, GetStringMap(defaults, "Labels"));
  GANTRY_ASSIGN_OR_RETURN(config.exposed_ports,
                          KeysOf(defaults, "ExposedPorts"));
  GANTRY_ASSIGN_OR_RETURN(config.volumes, KeysOf(defaults, "Volumes"));
  return absl::OkStatus();
}

absl::StatusOr<ImageConfig> ImageConfigOf(absl::string_view bytes) {
  GANTRY_ASSIGN_OR_RETURN(const Json document, ParseDocument(bytes));
  ImageConfig config;
  GANTRY_ASSIGN_OR_RETURN(config.platform, ParsePlatform(document));
  GANTRY_ASSIGN_OR_RETURN(config.created_at, GetTime(document, "created"));
  GANTRY_RETURN_IF_ERROR(ReadRootfs(document, config));
  GANTRY_RETURN_IF_ERROR(ReadHistory(document, config));
  GANTRY_RETURN_IF_ERROR(ReadDefaults(document, config));
  return config;
}

template <typename T>
absl::StatusOr<T> Named(absl::StatusOr<T> result, absl::string_view name) {
  if (result.ok()) return result;
  return Annotate(result.status(), absl::StrCat("malformed ", name));
}

}  // namespace

Platform HostPlatform() {
  struct utsname name;
  std::string machine = ::uname(&name) == 0 ? name.machine : "x86_64";
  if (machine == "x86_64") return {"linux", "amd64", ""};
  if (machine == "aarch64") return {"linux", "arm64", ""};
  if (absl::StartsWith(machine, "armv7")) return {"linux", "arm", "v7"};
  return {"linux", machine, ""};
}

absl::StatusOr<Manifest> ParseManifest(absl::string_view bytes) {
  return Named(ManifestOf(bytes), "image manifest");
}

absl::StatusOr<Index> ParseIndex(absl::string_view bytes) {
  return Named(IndexOf(bytes), "image index");
}

absl::StatusOr<ImageConfig> ParseImageConfig(absl::string_view bytes) {
  return Named(ImageConfigOf(bytes), "image configuration");
}

}  // namespace gantry::oci
