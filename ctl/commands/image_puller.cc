#include "ctl/commands/image_puller.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/oci/reference.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "ctl/client/credential_helper.h"
#include "ctl/client/registry_config.h"
#include "ctl/commands/pull_view.h"
#include "ctl/terminal/terminal_size.h"

namespace gantry::ctl {
namespace {

// What the configuration and the helper that it names know of a registry.
absl::StatusOr<image::v1::RegistryCredentials> FindCredentials(
    const std::string& host) {
  GANTRY_ASSIGN_OR_RETURN(const RegistryConfig config, RegistryConfig::Load());
  const std::string helper = config.HelperFor(host);
  if (!helper.empty()) {
    GANTRY_ASSIGN_OR_RETURN(
        image::v1::RegistryCredentials credentials,
        AskCredentialHelper(helper, RegistryServerAddress(host)));
    if (!credentials.username().empty() ||
        !credentials.identity_token().empty()) {
      return credentials;
    }
  }
  return config.CredentialsFor(host);
}

}  // namespace

absl::Status ImagePuller::Pull(image::v1::PullImageRequest request,
                               image::v1::PulledImage* pulled) {
  const auto local = [](const absl::Status& status) {
    return WithReason(status, {kLocalError, {}});
  };
  const auto reference = oci::Reference::Parse(request.image());
  if (!reference.ok()) return local(reference.status());
  auto credentials = FindCredentials(reference->host());
  if (!credentials.ok()) return local(credentials.status());
  *request.mutable_credentials() = *std::move(credentials);

  PullView view(isatty(fd()) == 1);
  const absl::Status status = context_.client.PullImage(
      request, [&](const image::v1::PullImageResponse& response) {
        if (response.has_resolved()) {
          Write(view.Resolved(response.resolved()));
        } else if (response.has_layer()) {
          Write(view.Progress(response.layer(), SizeOfTerminal(fd()),
                              absl::Now()));
        } else if (response.has_pulled_image()) {
          *pulled = response.pulled_image();
        }
      });
  Write(view.End(SizeOfTerminal(fd())));
  GANTRY_RETURN_IF_ERROR(status);
  Write(absl::StrCat("Digest: ", pulled->digest(), "\nStatus: ",
                     pulled->up_to_date() ? "Image is up to date for "
                                          : "Downloaded newer image for ",
                     reference->Familiar(), "\n"));
  return absl::OkStatus();
}

void ImagePuller::Write(const std::string& text) const {
  if (quiet_) return;
  if (place_ == Place::kOutput) {
    context_.console.Out(text);
  } else {
    context_.console.Err(text);
  }
}

int ImagePuller::fd() const {
  return place_ == Place::kOutput ? context_.streams.output_fd
                                  : context_.streams.error_fd;
}

}  // namespace gantry::ctl
