// Pulls images with the person's credentials, and shows how it goes.
//
// Threads: one at a time.

#ifndef GANTRY_CTL_COMMANDS_IMAGE_PULLER_H_
#define GANTRY_CTL_COMMANDS_IMAGE_PULLER_H_

#include <string>

#include "absl/status/status.h"
#include "ctl/commands/command.h"
#include "gantry/image/v1/image_service.pb.h"

namespace gantry::ctl {

class ImagePuller {
 public:
  // Where progress goes: for pull it is the output.
  enum class Place { kOutput, kError };

  // With `quiet` nothing is shown. `context` outlives it.
  ImagePuller(const CommandContext& context, Place place, bool quiet)
      : context_(context), place_(place), quiet_(quiet) {}

  // Fills the credentials of `request` in. What was pulled goes to `pulled`.
  //
  // INVALID_ARGUMENT: a malformed name or configuration of registries.
  // NOT_FOUND and the like: a credential helper fails; else the platform's.
  absl::Status Pull(image::v1::PullImageRequest request,
                    image::v1::PulledImage* pulled);

 private:
  void Write(const std::string& text) const;
  int fd() const;

  const CommandContext& context_;
  const Place place_;
  const bool quiet_;
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_COMMANDS_IMAGE_PULLER_H_
