#include "ctl/commands/container_creator.h"

#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/oci/reference.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "ctl/commands/cid_file.h"
#include "ctl/commands/create_flags.h"
#include "ctl/commands/image_puller.h"

namespace gantry::ctl {
namespace {

using runtime::v1::ContainerSpec;
using runtime::v1::CreateContainerResponse;

// What the flags say, all of it checked.
struct Plan {
  ContainerSpec spec;
  PullWhen pull_when;
  CidFile cid_file;
};

absl::StatusOr<Plan> PlanFromFlags(const ParsedFlags& flags) {
  GANTRY_ASSIGN_OR_RETURN(ContainerSpec spec, SpecFromFlags(flags));
  GANTRY_ASSIGN_OR_RETURN(const PullWhen pull_when, PullWhenFromFlags(flags));
  GANTRY_ASSIGN_OR_RETURN(CidFile cid_file,
                          CidFile::Create(flags.String("cidfile")));
  return Plan{std::move(spec), pull_when, std::move(cid_file)};
}

// "busybox:latest".
std::string CompleteName(const std::string& image) {
  const auto reference = oci::Reference::Parse(image);
  return reference.ok() ? reference->Familiar() : image;
}

void SayMissing(const CommandContext& context, const std::string& image) {
  context.console.Err(absl::StrCat("Unable to find image '",
                                   CompleteName(image), "' locally\n"));
}

// False if it failed; the user has been told.
bool Pull(const CommandContext& context, const std::string& image, bool quiet) {
  image::v1::PullImageRequest request;
  request.set_image(image);
  image::v1::PulledImage pulled;
  const absl::Status status =
      ImagePuller(context, ImagePuller::Place::kError, quiet)
          .Pull(std::move(request), &pulled);
  if (!status.ok()) {
    context.console.Err(absl::StrCat("ctl: ", ErrorText(status), "\n"));
  }
  return status.ok();
}

// None if it failed; the user has been told.
std::optional<CreateContainerResponse> Create(const CommandContext& context,
                                              const ParsedFlags& flags,
                                              const Plan& plan) {
  const std::string& image = plan.spec.image();
  const bool quiet = flags.Bool("quiet");
  if (plan.pull_when == PullWhen::kAlways && !Pull(context, image, quiet)) {
    return std::nullopt;
  }
  auto response =
      context.client.CreateContainer(flags.String("name"), plan.spec);
  if (HasReason(response.status(), "IMAGE_NOT_FOUND") &&
      plan.pull_when == PullWhen::kMissing) {
    if (!quiet) SayMissing(context, image);
    if (!Pull(context, image, quiet)) return std::nullopt;
    response = context.client.CreateContainer(flags.String("name"), plan.spec);
  }
  if (response.ok()) return *std::move(response);
  if (HasReason(response.status(), "IMAGE_NOT_FOUND")) {
    SayMissing(context, image);
  } else {
    PrintRunError(context, response.status());
  }
  return std::nullopt;
}

}  // namespace

CreatedContainer CreateFromFlags(const CommandContext& context,
                                 const ParsedFlags& flags,
                                 int engine_exit_code) {
  auto plan = PlanFromFlags(flags);
  if (!plan.ok()) {
    PrintRunError(context, WithReason(plan.status(), {kLocalError, {}}));
    return {"", kExitEngine};
  }
  const auto response = Create(context, flags, *plan);
  if (!response.has_value()) return {"", engine_exit_code};
  for (const std::string& warning : response->warnings()) {
    context.console.Err(absl::StrCat("WARNING: ", warning, "\n"));
  }
  const std::string id = response->container().id();
  const absl::Status status = plan->cid_file.Write(id);
  if (!status.ok()) {
    context.console.Err(absl::StrCat(status.message(), "\n"));
  }
  return {id, 0};
}

void PrintRunError(const CommandContext& context, const absl::Status& status) {
  const bool complete = absl::IsUnimplemented(status) ||
                        HasReason(status, "ATTACH_BROKEN") ||
                        HasReason(status, "GATEWAY_UNREACHABLE");
  context.console.Err(absl::StrCat("ctl: ", ErrorText(status), "\n",
                                   complete ? "" : "See 'ctl run --help'.\n"));
}

}  // namespace gantry::ctl
