#include "common/docker/image_inspect.h"

#include "common/docker/container_config.h"
#include "common/docker/docker_time.h"
#include "common/oci/reference.h"

namespace gantry::docker {
namespace {

// Names that are "repository@digest", without a tag, are not tags.
Json Tags(const image::v1::Image& image) {
  Json tags = Json::array();
  for (const std::string& name : image.names()) {
    if (name.find('@') == std::string::npos) tags.push_back(FamiliarName(name));
  }
  return tags;
}

Json Digests(const image::v1::Image& image) {
  Json digests = Json::array();
  for (const std::string& name : image.repo_digests()) {
    digests.push_back(FamiliarName(name));
  }
  return digests;
}

Json Layers(const image::v1::Image& image) {
  Json layers = Json::array();
  for (const std::string& diff_id : image.diff_ids()) layers.push_back(diff_id);
  return {{"Type", "layers"}, {"Layers", std::move(layers)}};
}

}  // namespace

std::string FamiliarName(const std::string& name) {
  const auto reference = oci::Reference::Parse(name);
  return reference.ok() ? reference->Familiar() : name;
}

Json InspectImage(const image::v1::Image& image, const Json& document,
                  const Engine& engine) {
  const auto text = [&document](const char* key) {
    return GetString(document, key).value_or("");
  };
  const auto config = [&document](const char* key) {
    return ImageConfigJson(GetObject(document, key).value_or(Json()));
  };
  Json json;
  json["Id"] = image.id();
  json["RepoTags"] = Tags(image);
  json["RepoDigests"] = Digests(image);
  json["Parent"] = "";
  json["Comment"] = text("comment");
  json["Created"] =
      image.has_created_at() ? PrintTime(image.created_at()) : kNever;
  json["Container"] = text("container");
  json["ContainerConfig"] = config("container_config");
  json["DockerVersion"] = text("docker_version");
  json["Author"] = text("author");
  json["Config"] = config("config");
  json["Architecture"] = image.platform().architecture();
  if (!image.platform().variant().empty()) {
    json["Variant"] = image.platform().variant();
  }
  json["Os"] = image.platform().os();
  json["Size"] = image.size_bytes();
  json["VirtualSize"] = image.size_bytes();
  json["GraphDriver"] = {{"Data", Json()}, {"Name", engine.storage_driver}};
  json["RootFS"] = Layers(image);
  json["Metadata"] = {{"LastTagTime", image.has_stored_at()
                                          ? PrintTime(image.stored_at())
                                          : kNever}};
  return json;
}

}  // namespace gantry::docker
