// pull: fetches an image from its registry.

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/error.h"
#include "ctl/commands/command.h"
#include "ctl/commands/image_puller.h"
#include "gantry/types/v1/platform.pb.h"

namespace gantry::ctl {
namespace {

// "linux/arm64/v8", "linux/amd64".
absl::StatusOr<types::v1::Platform> ParsePlatform(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '/');
  types::v1::Platform platform;
  bool empty = parts.size() < 2 || parts.size() > 3;
  for (const std::string& part : parts) empty = empty || part.empty();
  if (empty) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text,
                     "\" is an invalid platform: it is OS/ARCHITECTURE or "
                     "OS/ARCHITECTURE/VARIANT, as \"linux/amd64\""));
  }
  platform.set_os(parts[0]);
  platform.set_architecture(parts[1]);
  if (parts.size() == 3) platform.set_variant(parts[2]);
  return platform;
}

bool HasTagOrDigest(const std::string& image) {
  const size_t slash = image.rfind('/');
  return absl::StrContains(image, '@') ||
         image.find(':', slash == std::string::npos ? 0 : slash) !=
             std::string::npos;
}

int Pull(CommandContext& context, const ParsedFlags& flags) {
  const bool quiet = flags.Bool("quiet");
  image::v1::PullImageRequest request;
  request.set_image(flags.arguments()[0]);
  if (flags.IsSet("platform")) {
    auto platform = ParsePlatform(flags.String("platform"));
    if (!platform.ok()) {
      return Fail(context, WithReason(platform.status(), {kLocalError, {}}));
    }
    *request.mutable_platform() = *std::move(platform);
  }
  if (!quiet && !HasTagOrDigest(request.image())) {
    context.console.Out("Using default tag: latest\n");
  }
  image::v1::PulledImage pulled;
  const absl::Status status =
      ImagePuller(context, ImagePuller::Place::kOutput, quiet)
          .Pull(std::move(request), &pulled);
  if (!status.ok()) return Fail(context, status);
  context.console.Out(absl::StrCat(pulled.name(), "\n"));
  return 0;
}

}  // namespace

std::vector<Command> PullCommands() {
  return {{{"pull", "image pull"},
           "[OPTIONS] NAME[:TAG|@DIGEST]",
           "Download an image from a registry",
           1,
           1,
           {{'a', "all-tags", FlagKind::kBool, "",
             "-a, --all-tags is not available in this version: give each tag"},
            {'\0', "platform", FlagKind::kString,
             "Pull for another platform than this machine's, as "
             "\"linux/arm64\""},
            {'q', "quiet", FlagKind::kBool, "Suppress verbose output"}},
           Pull}};
}

}  // namespace gantry::ctl
