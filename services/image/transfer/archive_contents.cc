#include "services/image/transfer/archive_contents.h"

#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/json/json.h"
#include "common/oci/manifest.h"
#include "common/oci/reference.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/image/layer/tar_reader.h"

namespace gantry::image {
namespace {

constexpr char kFullNameAnnotation[] = "io.containerd.image.name";
constexpr char kNameAnnotation[] = "org.opencontainers.image.ref.name";
constexpr int kMaxIndexDepth = 4;

std::string BlobName(const oci::Digest& digest) {
  return absl::StrCat("blobs/sha256/", digest.hex());
}

// A document of the archive must be in the archive: nothing is taken from the
// store because somebody knows its digest.
absl::Status RequireBlob(const ArchiveSpool& spool, const oci::Digest& digest) {
  if (spool.Has(BlobName(digest))) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("the archive lacks the blob ", digest.ToString()));
}

absl::StatusOr<std::string> CompleteName(const std::string& name) {
  const auto reference = oci::Reference::Parse(name);
  if (!reference.ok()) return reference.status();
  if (reference->digest().has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the image's name \"", name, "\" has a digest"));
  }
  return reference->ToString();
}

bool IsIndexType(const std::string& media_type) {
  return media_type == oci::kMediaTypeIndex ||
         media_type == oci::kMediaTypeDockerIndex;
}

bool IsForThisMachine(const oci::Platform& platform) {
  const oci::Platform host = oci::HostPlatform();
  return platform.os == host.os && platform.architecture == host.architecture;
}

class OciLayout {
 public:
  explicit OciLayout(ArchiveSpool& spool) : spool_(spool) {}

  absl::StatusOr<std::vector<ArchivedImage>> Images() {
    GANTRY_ASSIGN_OR_RETURN(const std::string bytes,
                            spool_.ReadDocument("index.json"));
    GANTRY_ASSIGN_OR_RETURN(const oci::Index index, oci::ParseIndex(bytes));
    GANTRY_RETURN_IF_ERROR(ReadRepoTags());
    for (const oci::Descriptor& descriptor : index.manifests) {
      // An attestation stands beside the image it is about.
      if (descriptor.platform.has_value() &&
          descriptor.platform->os == "unknown")
        continue;
      GANTRY_RETURN_IF_ERROR(AddImage(descriptor));
    }
    return std::move(images_);
  }

 private:
  // Archives that have both layouts carry Docker's names in manifest.json.
  absl::Status ReadRepoTags() {
    if (!spool_.Has("manifest.json")) return absl::OkStatus();
    GANTRY_ASSIGN_OR_RETURN(const std::string bytes,
                            spool_.ReadDocument("manifest.json"));
    GANTRY_ASSIGN_OR_RETURN(const Json list, ParseJson(bytes));
    for (const Json& image : list) {
      GANTRY_ASSIGN_OR_RETURN(const std::string config,
                              GetString(image, "Config"));
      GANTRY_ASSIGN_OR_RETURN(repo_tags_[SplitEntryName(config).base],
                              GetStrings(image, "RepoTags"));
    }
    return absl::OkStatus();
  }

  absl::Status AddImage(const oci::Descriptor& descriptor) {
    GANTRY_ASSIGN_OR_RETURN(const oci::Digest manifest,
                            FindManifest(descriptor, 0));
    GANTRY_ASSIGN_OR_RETURN(ArchivedImage image, ReadImage(manifest));
    GANTRY_ASSIGN_OR_RETURN(image.names, NamesOf(descriptor, image.config));
    // One image under several names is several entries of the index.
    for (ArchivedImage& known : images_) {
      if (known.manifest != image.manifest) continue;
      known.names.insert(known.names.end(), image.names.begin(),
                         image.names.end());
      return absl::OkStatus();
    }
    images_.push_back(std::move(image));
    return absl::OkStatus();
  }

  absl::StatusOr<oci::Digest> FindManifest(const oci::Descriptor& descriptor,
                                           int depth) {
    if (depth > kMaxIndexDepth) {
      return absl::InvalidArgumentError(
          "indexes in indexes, deeper than 4 levels");
    }
    GANTRY_RETURN_IF_ERROR(RequireBlob(spool_, descriptor.digest));
    if (!IsIndexType(descriptor.media_type)) return descriptor.digest;
    GANTRY_ASSIGN_OR_RETURN(const std::string bytes,
                            spool_.ReadDocument(descriptor.digest));
    GANTRY_ASSIGN_OR_RETURN(const oci::Index index, oci::ParseIndex(bytes));
    for (const oci::Descriptor& choice : index.manifests) {
      if (choice.platform.has_value() ? IsForThisMachine(*choice.platform)
                                      : index.manifests.size() == 1) {
        return FindManifest(choice, depth + 1);
      }
    }
    const oci::Platform host = oci::HostPlatform();
    return absl::InvalidArgumentError(absl::StrCat(
        "the image has nothing for ", host.os, "/", host.architecture));
  }

  absl::StatusOr<ArchivedImage> ReadImage(const oci::Digest& manifest_digest) {
    GANTRY_ASSIGN_OR_RETURN(const std::string bytes,
                            spool_.ReadDocument(manifest_digest));
    GANTRY_ASSIGN_OR_RETURN(const oci::Manifest manifest,
                            oci::ParseManifest(bytes));
    ArchivedImage image;
    image.manifest = manifest_digest;
    image.config = manifest.config.digest;
    GANTRY_RETURN_IF_ERROR(RequireBlob(spool_, image.config));
    for (const oci::Descriptor& layer : manifest.layers) {
      GANTRY_RETURN_IF_ERROR(RequireBlob(spool_, layer.digest));
      image.layer_blobs.push_back(layer.digest);
    }
    GANTRY_ASSIGN_OR_RETURN(const std::string config_bytes,
                            spool_.ReadDocument(image.config));
    GANTRY_ASSIGN_OR_RETURN(oci::ImageConfig config,
                            oci::ParseImageConfig(config_bytes));
    image.diff_ids = std::move(config.diff_ids);
    return image;
  }

  absl::StatusOr<std::vector<std::string>> NamesOf(
      const oci::Descriptor& descriptor, const oci::Digest& config) {
    const auto tags = repo_tags_.find(config.hex());
    std::vector<std::string> raw;
    const auto full = descriptor.annotations.find(kFullNameAnnotation);
    const auto short_name = descriptor.annotations.find(kNameAnnotation);
    if (tags != repo_tags_.end() && !tags->second.empty()) {
      raw = std::exchange(tags->second, {});
    } else if (full != descriptor.annotations.end()) {
      raw = {full->second};
    } else if (short_name != descriptor.annotations.end() &&
               (absl::StrContains(short_name->second, ':') ||
                absl::StrContains(short_name->second, '/'))) {
      // A tag alone says nothing of the repository.
      raw = {short_name->second};
    }
    std::vector<std::string> names;
    for (const std::string& name : raw) {
      GANTRY_ASSIGN_OR_RETURN(std::string complete, CompleteName(name));
      names.push_back(std::move(complete));
    }
    return names;
  }

  ArchiveSpool& spool_;
  // Names by the configuration's file name.
  std::map<std::string, std::vector<std::string>> repo_tags_;
  std::vector<ArchivedImage> images_;
};

class DockerArchive {
 public:
  explicit DockerArchive(ArchiveSpool& spool) : spool_(spool) {}

  absl::StatusOr<std::vector<ArchivedImage>> Images() {
    GANTRY_ASSIGN_OR_RETURN(const std::string bytes,
                            spool_.ReadDocument("manifest.json"));
    GANTRY_ASSIGN_OR_RETURN(const Json list, ParseJson(bytes));
    if (!list.is_array())
      return absl::InvalidArgumentError("manifest.json is no list");
    std::vector<ArchivedImage> images;
    for (const Json& entry : list) {
      absl::StatusOr<ArchivedImage> image = ReadImage(entry);
      if (!image.ok()) return Annotate(image.status(), "manifest.json");
      images.push_back(*std::move(image));
    }
    return images;
  }

 private:
  absl::StatusOr<oci::Digest> FindFile(const std::string& raw_name) {
    GANTRY_ASSIGN_OR_RETURN(const std::string name, CleanEntryName(raw_name));
    const absl::StatusOr<oci::Digest> digest = spool_.Find(name);
    if (!digest.ok()) return absl::DataLossError(digest.status().message());
    return digest;
  }

  absl::StatusOr<ArchivedImage> ReadImage(const Json& entry) {
    ArchivedImage image;
    GANTRY_ASSIGN_OR_RETURN(const std::string config_name,
                            GetString(entry, "Config"));
    GANTRY_ASSIGN_OR_RETURN(const std::vector<std::string> tags,
                            GetStrings(entry, "RepoTags"));
    GANTRY_ASSIGN_OR_RETURN(const std::vector<std::string> layers,
                            GetStrings(entry, "Layers"));
    GANTRY_ASSIGN_OR_RETURN(image.config, FindFile(config_name));
    GANTRY_ASSIGN_OR_RETURN(const std::string config_bytes,
                            spool_.ReadDocument(image.config));
    GANTRY_ASSIGN_OR_RETURN(oci::ImageConfig config,
                            oci::ParseImageConfig(config_bytes));
    image.diff_ids = std::move(config.diff_ids);
    for (const std::string& name : layers) {
      GANTRY_ASSIGN_OR_RETURN(const oci::Digest blob, FindFile(name));
      image.layer_blobs.push_back(blob);
    }
    for (const std::string& tag : tags) {
      GANTRY_ASSIGN_OR_RETURN(std::string name, CompleteName(tag));
      image.names.push_back(std::move(name));
    }
    GANTRY_ASSIGN_OR_RETURN(
        const std::string manifest,
        MakeManifest(image, static_cast<int64_t>(config_bytes.size())));
    GANTRY_ASSIGN_OR_RETURN(image.manifest, spool_.Store(manifest));
    return image;
  }

  absl::StatusOr<std::string> MakeManifest(const ArchivedImage& image,
                                           int64_t config_size) {
    Json manifest = {{"schemaVersion", 2},
                     {"mediaType", oci::kMediaTypeManifest}};
    manifest["config"] = {{"mediaType", oci::kMediaTypeConfig},
                          {"digest", image.config.ToString()},
                          {"size", config_size}};
    manifest["layers"] = Json::array();
    for (const oci::Digest& blob : image.layer_blobs) {
      GANTRY_ASSIGN_OR_RETURN(const ArchiveSpool::LayerForm form,
                              spool_.FormOf(blob));
      manifest["layers"].push_back({{"mediaType", form.media_type},
                                    {"digest", blob.ToString()},
                                    {"size", form.size_bytes}});
    }
    return PrintJson(manifest);
  }

  ArchiveSpool& spool_;
};

}  // namespace

absl::StatusOr<std::vector<ArchivedImage>> ReadArchiveContents(
    ArchiveSpool& spool) {
  if (spool.Has("index.json") && spool.Has("oci-layout"))
    return OciLayout(spool).Images();
  if (spool.Has("manifest.json")) return DockerArchive(spool).Images();
  return absl::InvalidArgumentError(
      "not an image archive: it has neither index.json and oci-layout nor "
      "manifest.json");
}

}  // namespace gantry::image
