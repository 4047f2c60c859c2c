#include "ctl/commands/inspect.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/docker/container_inspect.h"
#include "common/docker/image_inspect.h"
#include "common/json/json.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "ctl/output/docker_types.h"
#include "ctl/output/go_template.h"

namespace gantry::ctl {
namespace {

// Exit code for a template that cannot be parsed.
constexpr int kExitBadTemplate = 64;

struct Found {
  Json object;
  GoTypePtr type;
};

// Finds the objects of one call.
class Finder {
 public:
  Finder(CommandContext& context, InspectKind kind)
      : context_(context), kind_(kind) {}

  absl::StatusOr<Found> Find(const std::string& name) {
    if (kind_ == InspectKind::kContainer) return FindContainer(name);
    if (kind_ == InspectKind::kImage) return FindImage(name);
    absl::StatusOr<Found> container = FindContainer(name);
    if (container.ok() || !MayBeAnother(container.status())) return container;
    absl::StatusOr<Found> image = FindImage(name);
    if (image.ok() || !MayBeAnother(image.status())) return image;
    if (absl::IsInvalidArgument(container.status())) return container;
    return Missing("object", name);
  }

 private:
  static bool MayBeAnother(const absl::Status& status) {
    return absl::IsNotFound(status) || absl::IsInvalidArgument(status);
  }

  static absl::Status Missing(absl::string_view what, const std::string& name) {
    return Error(absl::StatusCode::kNotFound, "NO_SUCH_OBJECT",
                 absl::StrCat("Error: No such ", what, ": ", name));
  }

  absl::StatusOr<Found> FindContainer(const std::string& name) {
    const auto container = context_.client.GetContainer(name);
    if (absl::IsNotFound(container.status())) return Missing("container", name);
    GANTRY_RETURN_IF_ERROR(container.status());
    // The image may be gone; then the container's own settings are all there
    // is.
    const auto image = context_.client.GetImage(container->image_id());
    const auto document = image.ok() ? ParseJson(image->config_json())
                                     : absl::StatusOr<Json>(Json());
    return Found{docker::InspectContainer(
                     *container, document.ok() ? *document : Json(), Engine()),
                 ContainerType()};
  }

  absl::StatusOr<Found> FindImage(const std::string& name) {
    const auto response = context_.client.GetImage(name);
    if (absl::IsNotFound(response.status())) return Missing("image", name);
    GANTRY_RETURN_IF_ERROR(response.status());
    GANTRY_ASSIGN_OR_RETURN(const Json document,
                            ParseJson(response->config_json()));
    return Found{docker::InspectImage(response->image(), document, Engine()),
                 ImageType()};
  }

  // Asked for once. What it does not tell stays empty: the objects are worth
  // more than their surroundings.
  const docker::Engine& Engine() {
    if (engine_.has_value()) return *engine_;
    engine_.emplace();
    const auto info = context_.client.GetInfo();
    if (info.ok()) {
      engine_->storage_driver = info->store().snapshotter();
      engine_->default_runtime = info->node().default_runtime();
      engine_->log_driver = info->node().log_format();
      engine_->cgroup_version = info->node().cgroup_version();
    }
    return *engine_;
  }

  CommandContext& context_;
  const InspectKind kind_;
  std::optional<docker::Engine> engine_;
};

std::string Told(const absl::Status& status) {
  const auto reason = ReasonOf(status);
  return reason.has_value() && reason->reason == "NO_SUCH_OBJECT"
             ? std::string(status.message())
             : ErrorText(status);
}

// By the names and types of the fields; where that fails, by the keys of the
// JSON, of which all must be there.
absl::StatusOr<std::string> Line(const GoTemplate& line, const Found& found) {
  auto text = line.Execute(GoValue(found.object, found.type));
  if (text.ok()) return text;
  EvaluatorOptions options;
  options.missing_key = MissingKey::kError;
  return line.Execute(GoValue(found.object, GoType::Raw()), options);
}

// Texts of what was found and what was not.
struct Report {
  std::string out;
  std::string errors;
};

Report ReportLines(Finder& finder, const GoTemplate& line,
                   const std::vector<std::string>& names) {
  Report report;
  for (const std::string& name : names) {
    const auto found = finder.Find(name);
    if (!found.ok()) {
      absl::StrAppend(&report.errors, Told(found.status()), "\n");
      continue;
    }
    const auto text = Line(line, *found);
    if (text.ok()) {
      absl::StrAppend(&report.out, *text, "\n");
    } else {
      absl::StrAppend(&report.errors,
                      "template parsing error: ", text.status().message(),
                      "\n");
    }
  }
  if (report.out.empty()) report.out += '\n';
  return report;
}

Report ReportArray(Finder& finder, const std::vector<std::string>& names) {
  constexpr int kIndent = 4;
  Report report;
  Json array = Json::array();
  for (const std::string& name : names) {
    auto found = finder.Find(name);
    if (found.ok()) {
      array.push_back(std::move(found->object));
    } else {
      absl::StrAppend(&report.errors, Told(found.status()), "\n");
    }
  }
  report.out =
      array.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
  return report;
}

}  // namespace

int Inspect(CommandContext& context, const ParsedFlags& flags,
            InspectKind kind) {
  Finder finder(context, kind);
  Report report;
  if (const std::string format = flags.String("format"); format.empty()) {
    report = ReportArray(finder, flags.arguments());
  } else {
    const auto line =
        GoTemplate::Parse(format == "json" ? "{{json .}}" : format);
    if (!line.ok()) {
      context.console.Err(absl::StrCat(
          "template parsing error: ", line.status().message(), "\n"));
      return kExitBadTemplate;
    }
    report = ReportLines(finder, *line, flags.arguments());
  }
  context.console.Out(report.out);
  context.console.Err(report.errors);
  return report.errors.empty() ? 0 : kExitError;
}

}  // namespace gantry::ctl
