#include "ctl/commands/container_view.h"

#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/docker/host_config.h"
#include "common/oci/reference.h"
#include "ctl/output/human.h"

namespace gantry::ctl {
namespace {

using runtime::v1::Container;

constexpr int kCommandWidth = 20;
constexpr int kMountWidth = 15;

// "docker.io/library/busybox@sha256:…" is "busybox". A tag stays if it was
// given.
std::string WithoutDigest(const std::string& image) {
  const std::string name = image.substr(0, image.find('@'));
  const auto reference = oci::Reference::Parse(name);
  if (!reference.ok()) return image;
  const size_t slash = name.rfind('/');
  const bool has_tag = name.find(':', slash == std::string::npos ? 0 : slash) !=
                       std::string::npos;
  return has_tag ? reference->Familiar() : reference->FamiliarRepository();
}

std::string ShownImage(const Container& container, bool truncate) {
  const std::string& image = container.spec().image();
  if (image.empty()) return "<no image>";
  if (!truncate) return image;
  const std::string short_id = ShortId(container.image_id());
  return ShortId(image) == short_id ? short_id : WithoutDigest(image);
}

std::string Mounts(const Container& container, bool truncate) {
  return absl::StrJoin(
      container.spec().mounts(), ",",
      [truncate](std::string* out, const runtime::v1::Mount& mount) {
        absl::StrAppend(out, truncate ? Ellipsis(mount.source(), kMountWidth)
                                      : mount.source());
      });
}

}  // namespace

std::string StatusText(const Container& container, absl::Time now) {
  const std::string up =
      absl::StrCat("Up ", HumanDuration(now - ToTime(container.started_at())));
  const std::string ended = absl::StrCat(
      "(", container.exit_code(), ") ",
      HumanDuration(now - ToTime(container.finished_at())), " ago");
  switch (container.state()) {
    case runtime::v1::CONTAINER_STATE_CREATED:
      return "Created";
    case runtime::v1::CONTAINER_STATE_RUNNING:
      return up;
    case runtime::v1::CONTAINER_STATE_PAUSED:
      return up + " (Paused)";
    case runtime::v1::CONTAINER_STATE_RESTARTING:
      return "Restarting " + ended;
    case runtime::v1::CONTAINER_STATE_REMOVING:
      return "Removal In Progress";
    case runtime::v1::CONTAINER_STATE_EXITED:
      return "Exited " + ended;
    case runtime::v1::CONTAINER_STATE_DEAD:
      return "Dead";
    default:
      return "Unknown";
  }
}

Json ContainerHeaders() {
  return {{"Command", "COMMAND"},     {"CreatedAt", "CREATED AT"},
          {"ID", "CONTAINER ID"},     {"Image", "IMAGE"},
          {"Labels", "LABELS"},       {"LocalVolumes", "LOCAL VOLUMES"},
          {"Mounts", "MOUNTS"},       {"Names", "NAMES"},
          {"Networks", "NETWORKS"},   {"Ports", "PORTS"},
          {"RunningFor", "CREATED"},  {"Size", "SIZE"},
          {"State", "STATE"},         {"Status", "STATUS"},
          {"Label()", Json::object()}};
}

Json ContainerLine(const Container& container, absl::Time now, bool truncate) {
  const std::string command =
      JoinCommand({container.args().begin(), container.args().end()});
  const absl::Time created = ToTime(container.created_at());
  const std::map<std::string, std::string> labels(
      container.spec().labels().begin(), container.spec().labels().end());
  Json line;
  line["Command"] =
      Quote(truncate ? Ellipsis(command, kCommandWidth) : command);
  line["CreatedAt"] = LongTime(created);
  line["ID"] = truncate ? ShortId(container.id()) : container.id();
  line["Image"] = ShownImage(container, truncate);
  line["Labels"] = absl::StrJoin(labels, ",", absl::PairFormatter("="));
  line["LocalVolumes"] = "0";
  line["Mounts"] = Mounts(container, truncate);
  line["Names"] = container.name();
  line["Networks"] = docker::NetworkMode(container.spec());
  line["Ports"] = "";
  line["RunningFor"] = absl::StrCat(HumanDuration(now - created), " ago");
  line["Size"] = "0B";
  line["State"] = StateName(container.state());
  line["Status"] = StatusText(container, now);
  line["Label()"] = Json(labels);
  return line;
}

}  // namespace gantry::ctl
