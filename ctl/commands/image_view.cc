#include "ctl/commands/image_view.h"

#include <fnmatch.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "common/docker/docker_time.h"
#include "common/oci/reference.h"
#include "ctl/output/human.h"

namespace gantry::ctl {
namespace {

using docker::ToTime;

constexpr char kNone[] = "<none>";

struct ShownName {
  std::string repository = kNone;
  std::string tag = kNone;
  std::string digest = kNone;
};

// By repository: tags and digests, as they come.
struct Names {
  std::vector<std::pair<std::string, std::string>> tags;
  std::map<std::string, std::vector<std::string>> digests;
};

void AddName(const std::string& name, Names* names) {
  const auto reference = oci::Reference::Parse(name);
  if (!reference.ok()) {
    names->tags.emplace_back(name, kNone);
  } else if (!reference->tag().empty()) {
    names->tags.emplace_back(reference->FamiliarRepository(), reference->tag());
  } else {
    names->digests[reference->FamiliarRepository()].push_back(
        reference->digest()->ToString());
  }
}

std::vector<ShownName> ShownNames(const image::v1::Image& image,
                                  bool all_digests) {
  Names names;
  for (const std::string& name : image.names()) AddName(name, &names);
  for (const std::string& name : image.repo_digests()) AddName(name, &names);
  std::vector<ShownName> shown;
  const auto add = [&](const std::string& repository, const std::string& tag,
                       const std::vector<std::string>& digests) {
    for (const std::string& digest : digests) {
      shown.push_back({repository, tag, digest});
      if (!all_digests) break;
    }
    if (digests.empty()) shown.push_back({repository, tag, kNone});
  };
  for (const auto& [repository, tag] : names.tags) {
    add(repository, tag, names.digests[repository]);
  }
  for (const auto& [repository, tag] : names.tags) {
    names.digests.erase(repository);
  }
  for (const auto& [repository, digests] : names.digests) {
    add(repository, kNone, digests);
  }
  return shown;
}

bool Matches(const ShownName& shown, const std::string& pattern) {
  if (pattern.empty()) return true;
  const auto fits = [&pattern](const std::string& text) {
    return fnmatch(pattern.c_str(), text.c_str(), FNM_PATHNAME) == 0;
  };
  if (fits(shown.repository) ||
      fits(absl::StrCat(shown.repository, ":", shown.tag)) ||
      fits(absl::StrCat(shown.repository, "@", shown.digest))) {
    return true;
  }
  // "docker.io/library/busybox" is the same as "busybox".
  const auto reference = oci::Reference::Parse(pattern);
  if (!reference.ok() || reference->FamiliarRepository() != shown.repository) {
    return false;
  }
  if (reference->digest().has_value()) {
    return reference->digest()->ToString() == shown.digest;
  }
  const size_t slash = pattern.rfind('/');
  const bool has_tag =
      pattern.find(':', slash == std::string::npos ? 0 : slash) !=
      std::string::npos;
  return !has_tag || reference->tag() == shown.tag;
}

Json Line(const image::v1::Image& image, const ShownName& name, absl::Time now,
          bool truncate) {
  constexpr int kVirtualSizeDigits = 4;
  Json line;
  line["Containers"] = absl::StrCat(image.container_count());
  line["CreatedAt"] =
      image.has_created_at() ? LongTime(ToTime(image.created_at())) : "N/A";
  line["CreatedSince"] =
      image.has_created_at()
          ? absl::StrCat(HumanDuration(now - ToTime(image.created_at())),
                         " ago")
          : "N/A";
  line["Digest"] = name.digest;
  line["ID"] = truncate ? ShortId(image.id()) : image.id();
  line["Repository"] = name.repository;
  line["SharedSize"] = "N/A";
  line["Size"] = HumanSize(image.size_bytes());
  line["Tag"] = name.tag;
  line["UniqueSize"] = "N/A";
  line["VirtualSize"] = HumanSize(image.size_bytes(), kVirtualSizeDigits);
  return line;
}

}  // namespace

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
          {"UniqueSize", "UNIQUE SIZE"},
          {"VirtualSize", "SIZE"}};
}

std::vector<Json> ImageLines(const image::v1::Image& image,
                             const std::string& pattern, absl::Time now,
                             bool truncate, bool all_digests) {
  std::vector<Json> lines;
  if (IsDangling(image) && pattern.empty()) {
    lines.push_back(Line(image, ShownName(), now, truncate));
  }
  for (const ShownName& name : ShownNames(image, all_digests)) {
    if (Matches(name, pattern)) {
      lines.push_back(Line(image, name, now, truncate));
    }
  }
  return lines;
}

bool IsDangling(const image::v1::Image& image) {
  return image.names().empty() && image.repo_digests().empty();
}

}  // namespace gantry::ctl
