#include "ctl/commands/inspect.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/json/json.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "ctl/commands/container_view.h"
#include "ctl/commands/image_view.h"
#include "ctl/output/go_template.h"

namespace gantry::ctl {
namespace {

absl::StatusOr<Json> FindContainer(CommandContext& context,
                                   const std::string& name) {
  GANTRY_ASSIGN_OR_RETURN(const runtime::v1::Container container,
                          context.client.GetContainer(name));
  // The image may be gone; then the container's own settings are all there is.
  const auto image = context.client.GetImage(container.image_id());
  const auto config = image.ok() ? ParseJson(image->config_json())
                                 : absl::StatusOr<Json>(Json());
  return InspectContainer(container, config.ok() ? *config : Json());
}

absl::StatusOr<Json> FindImage(CommandContext& context,
                               const std::string& name) {
  GANTRY_ASSIGN_OR_RETURN(const image::v1::GetImageResponse response,
                          context.client.GetImage(name));
  GANTRY_ASSIGN_OR_RETURN(const Json config, ParseJson(response.config_json()));
  return InspectImage(response.image(), config);
}

bool MayBeAnother(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsInvalidArgument(status);
}

absl::StatusOr<Json> Find(CommandContext& context, const std::string& name,
                          InspectKind kind) {
  if (kind == InspectKind::kContainer) return FindContainer(context, name);
  if (kind == InspectKind::kImage) return FindImage(context, name);
  absl::StatusOr<Json> container = FindContainer(context, name);
  if (container.ok() || !MayBeAnother(container.status())) return container;
  absl::StatusOr<Json> image = FindImage(context, name);
  if (image.ok() || !MayBeAnother(image.status())) return image;
  if (absl::IsInvalidArgument(container.status())) return container;
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_OBJECT",
               absl::StrCat("Error: No such object: ", name));
}

std::string Told(const absl::Status& status) {
  const auto reason = ReasonOf(status);
  return reason.has_value() && reason->reason == "NO_SUCH_OBJECT"
             ? std::string(status.message())
             : ErrorText(status);
}

}  // namespace

int Inspect(CommandContext& context, const ParsedFlags& flags,
            InspectKind kind) {
  std::optional<GoTemplate> line;
  if (const std::string format = flags.String("format"); !format.empty()) {
    auto parsed = GoTemplate::Parse(format == "json" ? "{{json .}}" : format);
    if (!parsed.ok()) {
      context.console.Err(absl::StrCat(
          "template parsing error: ", parsed.status().message(), "\n"));
      return kExitError;
    }
    line = *std::move(parsed);
  }
  Json found = Json::array();
  std::string lines;
  std::string errors;
  for (const std::string& name : flags.arguments()) {
    absl::StatusOr<Json> object = Find(context, name, kind);
    if (!object.ok()) {
      absl::StrAppend(&errors, Told(object.status()), "\n");
      continue;
    }
    if (!line.has_value()) {
      found.push_back(*std::move(object));
      continue;
    }
    const auto text = line->Execute(*object);
    if (text.ok()) {
      absl::StrAppend(&lines, *text, "\n");
    } else {
      absl::StrAppend(
          &errors, "template parsing error: ", text.status().message(), "\n");
    }
  }
  constexpr int kIndent = 4;
  context.console.Out(
      line.has_value()
          ? lines
          : found.dump(kIndent, ' ', false, Json::error_handler_t::replace) +
                "\n");
  context.console.Err(errors);
  return errors.empty() ? 0 : kExitError;
}

}  // namespace gantry::ctl
