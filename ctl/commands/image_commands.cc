// images, load and rmi.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/fs/unique_fd.h"
#include "ctl/commands/command.h"
#include "ctl/commands/container_view.h"
#include "ctl/commands/image_view.h"
#include "ctl/commands/inspect.h"
#include "ctl/output/listing.h"

namespace gantry::ctl {
namespace {

using image::v1::Image;

constexpr char kImagesTable[] =
    "table "
    "{{.Repository}}\\t{{.Tag}}\\t{{.ID}}\\t{{.CreatedSince}}\\t{{.Size}}";
constexpr char kDigestsTable[] =
    "table {{.Repository}}\\t{{.Tag}}\\t{{.Digest}}\\t{{.ID}}\\t"
    "{{.CreatedSince}}\\t{{.Size}}";

struct ImageFilter {
  // Of the names one must match; empty for all.
  std::vector<std::string> patterns;
  std::vector<std::string> labels;
  // "true", "false", or empty for both.
  std::string dangling;
};

absl::StatusOr<ImageFilter> ParseFilter(const ParsedFlags& flags) {
  ImageFilter filter;
  if (!flags.arguments().empty()) {
    filter.patterns.push_back(flags.arguments()[0]);
  }
  for (const std::string& text : flags.List("filter")) {
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(text, absl::MaxSplits('=', 1));
    if (pair.first == "reference") {
      filter.patterns.push_back(pair.second);
    } else if (pair.first == "label") {
      filter.labels.push_back(pair.second);
    } else if (pair.first != "dangling") {
      return absl::InvalidArgumentError(
          absl::StrCat("invalid filter '", pair.first, "'"));
    } else if (pair.second == "true" || pair.second == "false") {
      filter.dangling = pair.second;
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("invalid filter '", text, "': must be true or false"));
    }
  }
  return filter;
}

bool Passes(const Image& image, const ImageFilter& filter) {
  if (!filter.dangling.empty() &&
      IsDangling(image) != (filter.dangling == "true")) {
    return false;
  }
  return std::all_of(
      filter.labels.begin(), filter.labels.end(),
      [&](const std::string& label) {
        const std::pair<std::string, std::string> pair =
            absl::StrSplit(label, absl::MaxSplits('=', 1));
        const auto it = image.labels().find(pair.first);
        return it != image.labels().end() &&
               (!absl::StrContains(label, '=') || it->second == pair.second);
      });
}

// A line for each name that one of the patterns matches, and with `digests` for
// each digest.
std::vector<Json> LinesOf(const Image& image, const ImageFilter& filter,
                          absl::Time now, bool truncate, bool digests) {
  if (filter.patterns.empty()) {
    return ImageLines(image, "", now, truncate, digests);
  }
  std::vector<Json> lines;
  for (const std::string& pattern : filter.patterns) {
    for (Json& line : ImageLines(image, pattern, now, truncate, digests)) {
      if (std::find(lines.begin(), lines.end(), line) == lines.end()) {
        lines.push_back(std::move(line));
      }
    }
  }
  return lines;
}

int Images(CommandContext& context, const ParsedFlags& flags) {
  const auto filter = ParseFilter(flags);
  if (!filter.ok()) {
    context.console.Err(absl::StrCat(filter.status().message(), "\n"));
    return kExitError;
  }
  // Patterns are matched here: the gateway knows whole names only.
  auto images = context.client.ListImages("");
  if (!images.ok()) return Fail(context, images.status());
  std::stable_sort(images->begin(), images->end(),
                   [](const Image& a, const Image& b) {
                     return ToTime(a.created_at()) > ToTime(b.created_at());
                   });
  const absl::Time now = absl::Now();
  std::vector<Json> lines;
  for (const Image& image : *images) {
    if (!Passes(image, *filter)) continue;
    for (Json& line : LinesOf(image, *filter, now, !flags.Bool("no-trunc"),
                              flags.Bool("digests"))) {
      lines.push_back(std::move(line));
    }
  }
  const auto text =
      PrintListing(lines, ImageHeaders(),
                   flags.Bool("quiet") ? "{{.ID}}" : flags.String("format"),
                   flags.Bool("digests") ? kDigestsTable : kImagesTable);
  if (!text.ok()) {
    context.console.Err(absl::StrCat(text.status().message(), "\n"));
    return kExitError;
  }
  context.console.Out(*text);
  return 0;
}

int Load(CommandContext& context, const ParsedFlags& flags) {
  UniqueFd file;
  int fd = context.console.input_fd();
  if (const std::string path = flags.String("input"); !path.empty()) {
    file.reset(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) {
      context.console.Err(
          absl::StrCat("open ", path, ": ", std::strerror(errno), "\n"));
      return kExitError;
    }
    fd = file.get();
  } else if (isatty(fd) == 1) {
    context.console.Err("requested load from stdin, but stdin is empty\n");
    return kExitError;
  }
  const absl::Status status = context.client.LoadImages(
      fd, [&context](const image::v1::LoadedImage& image) {
        if (image.names().empty()) {
          context.console.Out(
              absl::StrCat("Loaded image ID: ", image.id(), "\n"));
        }
        for (const std::string& name : image.names()) {
          context.console.Out(
              absl::StrCat("Loaded image: ", FamiliarName(name), "\n"));
        }
      });
  return status.ok() ? 0 : Fail(context, status);
}

int Rmi(CommandContext& context, const ParsedFlags& flags) {
  const bool force = flags.Bool("force");
  return ForEach(
      context, flags.arguments(), false, [&](const std::string& image) {
        const auto response = context.client.RemoveImage(image, force);
        if (force && absl::IsNotFound(response.status())) {
          Fail(context, response.status());
          return absl::OkStatus();
        }
        if (!response.ok()) return response.status();
        for (const std::string& name : response->untagged_names()) {
          context.console.Out(
              absl::StrCat("Untagged: ", FamiliarName(name), "\n"));
        }
        for (const std::string& digest : response->deleted_digests()) {
          context.console.Out(absl::StrCat("Deleted: ", digest, "\n"));
        }
        return absl::OkStatus();
      });
}

int InspectImages(CommandContext& context, const ParsedFlags& flags) {
  return Inspect(context, flags, InspectKind::kImage);
}

}  // namespace

std::vector<Command> ImageCommands() {
  const FlagSpec platform = {
      '\0', "platform", FlagKind::kString, "",
      "--platform is not available in this version: an image has one platform"};
  return {
      {{"images", "image ls", "image list"},
       "[OPTIONS] [REPOSITORY[:TAG]]",
       "List images",
       0,
       1,
       {{'a', "all", FlagKind::kBool,
         "Show all images (there are no intermediate ones)"},
        {'\0', "digests", FlagKind::kBool, "Show digests"},
        {'f', "filter", FlagKind::kList,
         "Filter output based on conditions provided"},
        {'\0', "format", FlagKind::kString,
         "Format output: 'table', 'table TEMPLATE', 'json' or a Go template"},
        {'\0', "no-trunc", FlagKind::kBool, "Don't truncate output"},
        {'q', "quiet", FlagKind::kBool, "Only show image IDs"}},
       Images},
      {{"load", "image load"},
       "[OPTIONS]",
       "Load an image from a tar archive or STDIN",
       0,
       0,
       {{'i', "input", FlagKind::kString,
         "Read from tar archive file, instead of STDIN"},
        {'q', "quiet", FlagKind::kBool, "Suppress the load output"},
        platform},
       Load},
      {{"rmi", "image rm", "image remove"},
       "[OPTIONS] IMAGE [IMAGE...]",
       "Remove one or more images",
       1,
       -1,
       {{'f', "force", FlagKind::kBool, "Force removal of the image"},
        {'\0', "no-prune", FlagKind::kBool,
         "Do not delete untagged parents (there are none)"},
        platform},
       Rmi},
      {{"image inspect"},
       "[OPTIONS] IMAGE [IMAGE...]",
       "Display detailed information on one or more images",
       1,
       -1,
       {{'f', "format", FlagKind::kString,
         "Format output using a custom template: 'json' or a Go template"},
        platform},
       InspectImages},
  };
}

}  // namespace gantry::ctl
