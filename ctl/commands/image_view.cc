#include "ctl/commands/image_view.h"

#include <fnmatch.h>

#include "absl/strings/str_cat.h"
#include "common/oci/reference.h"
#include "ctl/commands/container_view.h"
#include "ctl/output/human.h"

namespace gantry::ctl {
namespace {

struct ShownName {
  std::string repository = "<none>";
  std::string tag = "<none>";
};

ShownName Split(const std::string& name) {
  const auto reference = oci::Reference::Parse(name);
  if (!reference.ok()) return {name, "<none>"};
  return {reference->FamiliarRepository(),
          reference->tag().empty() ? "<none>" : reference->tag()};
}

bool Matches(const std::string& name, const std::string& pattern) {
  if (pattern.empty()) return true;
  const ShownName shown = Split(name);
  const auto fits = [](const std::string& with, const std::string& text) {
    return fnmatch(with.c_str(), text.c_str(), FNM_PATHNAME) == 0;
  };
  if (fits(pattern, shown.repository) ||
      fits(pattern, absl::StrCat(shown.repository, ":", shown.tag))) {
    return true;
  }
  // "docker.io/library/busybox" is the same as "busybox".
  const auto reference = oci::Reference::Parse(pattern);
  if (!reference.ok()) return false;
  const bool has_tag =
      pattern.find(':', pattern.rfind('/') == std::string::npos
                            ? 0
                            : pattern.rfind('/')) != std::string::npos;
  return reference->FamiliarRepository() == shown.repository &&
         (!has_tag || reference->tag() == shown.tag);
}

Json Line(const image::v1::Image& image, const ShownName& name, absl::Time now,
          bool truncate) {
  Json line;
  line["Containers"] = absl::StrCat(image.container_count());
  line["CreatedAt"] =
      image.has_created_at() ? LongTime(ToTime(image.created_at())) : "N/A";
  line["CreatedSince"] =
      image.has_created_at()
          ? absl::StrCat(HumanDuration(now - ToTime(image.created_at())),
                         " ago")
          : "N/A";
  line["Digest"] =
      image.manifest_digest().empty() ? "<none>" : image.manifest_digest();
  line["ID"] = truncate ? ShortId(image.id()) : image.id();
  line["Repository"] = name.repository;
  line["SharedSize"] = "N/A";
  line["Size"] = HumanSize(image.size_bytes());
  line["Tag"] = name.tag;
  line["UniqueSize"] = "N/A";
  return line;
}

}  // namespace

std::string FamiliarName(const std::string& name) {
  const auto reference = oci::Reference::Parse(name);
  return reference.ok() ? reference->Familiar() : name;
}

Json ImageHeaders() {
  return {{"Containers", "CONTAINERS"},
          {"CreatedAt", "CREATED AT"},
          {"CreatedSince", "CREATED"},
          {"Digest", "DIGEST"},
          {"ID", "IMAGE ID"},
          {"Repository", "REPOSITORY"},
          {"SharedSize", "SHARED SIZE"},
          {"Size", "SIZE"},
          {"Tag", "TAG"},
          {"UniqueSize", "UNIQUE SIZE"}};
}

std::vector<Json> ImageLines(const image::v1::Image& image,
                             const std::string& pattern, absl::Time now,
                             bool truncate) {
  std::vector<Json> lines;
  for (const std::string& name : image.names()) {
    if (Matches(name, pattern)) {
      lines.push_back(Line(image, Split(name), now, truncate));
    }
  }
  if (image.names().empty() && pattern.empty()) {
    lines.push_back(Line(image, ShownName(), now, truncate));
  }
  return lines;
}

Json InspectImage(const image::v1::Image& image, const Json& config) {
  const auto text = [&config](const char* key) {
    const bool there =
        config.is_object() && config.contains(key) && config[key].is_string();
    return there ? config[key].get<std::string>() : std::string();
  };
  Json tags = Json::array();
  for (const std::string& name : image.names()) {
    tags.push_back(FamiliarName(name));
  }
  Json layers = Json::array();
  for (const std::string& diff_id : image.diff_ids()) layers.push_back(diff_id);

  Json json;
  json["Id"] = image.id();
  json["RepoTags"] = std::move(tags);
  json["RepoDigests"] = Json::array();
  json["Parent"] = "";
  json["Comment"] = text("comment");
  json["Created"] = image.has_created_at() ? IsoTime(ToTime(image.created_at()))
                                           : text("created");
  json["DockerVersion"] = text("docker_version");
  json["Author"] = text("author");
  json["Config"] = config.is_object() && config.contains("config")
                       ? config["config"]
                       : Json::object();
  json["Architecture"] = image.platform().architecture();
  if (!image.platform().variant().empty()) {
    json["Variant"] = image.platform().variant();
  }
  json["Os"] = image.platform().os();
  json["Size"] = image.size_bytes();
  json["RootFS"] = {{"Type", "layers"}, {"Layers", std::move(layers)}};
  json["Metadata"] = {{"LastTagTime", IsoTime(ToTime(image.stored_at()))}};
  return json;
}

}  // namespace gantry::ctl
