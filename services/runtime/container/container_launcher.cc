#include "services/runtime/container/container_launcher.h"

#include <unistd.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/json/json.h"
#include "common/log/log.h"
#include "common/oci/manifest.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/runtime/container/options_check.h"
#include "services/runtime/spec/spec_builder.h"
#include "services/runtime/spec/user_resolver.h"
#include "services/runtime/spec/working_dir.h"

namespace gantry::runtime {

ContainerLauncher::ContainerLauncher(LauncherOptions options,
                                     RootfsSource& rootfs, ShimHost& shims,
                                     BundleStore& bundles,
                                     const ContainerDirectory& directory)
    : options_(std::move(options)),
      rootfs_(rootfs),
      shims_(shims),
      bundles_(bundles),
      directory_(directory) {}

absl::StatusOr<LaunchRequest> ContainerLauncher::MakeRequest(
    const StoredContainer& container) {
  const ContainerInfo& info = container.info;
  LaunchRequest request;
  request.id = info.id;
  GANTRY_ASSIGN_OR_RETURN(request.runtime_path,
                          FindRuntime(info.options.runtime, options_.runtimes,
                                      options_.default_runtime));
  GANTRY_ASSIGN_OR_RETURN(const oci::ImageConfig image,
                          oci::ParseImageConfig(container.image_config));
  GANTRY_ASSIGN_OR_RETURN(request.rootfs, rootfs_.Mount(info.id));

  SpecInput input;
  input.id = info.id;
  input.args = info.args;
  input.env = info.options.env;
  input.image_env = image.env;
  input.hostname = HostnameOf(info);
  input.cgroups_path = CgroupPathOf(info.id);
  input.cgroup_version = options_.cgroup_version;
  for (const char* name : {"resolv.conf", "hostname", "hosts"}) {
    input.files.push_back(
        {directory_.File(info.id, name), std::string("/etc/") + name});
  }
  const std::string& user =
      info.options.user.empty() ? image.user : info.options.user;
  GANTRY_ASSIGN_OR_RETURN(input.user, ResolveUser(request.rootfs.get(), user));
  const std::string& working_dir = info.options.working_dir.empty()
                                       ? image.working_dir
                                       : info.options.working_dir;
  GANTRY_ASSIGN_OR_RETURN(input.working_dir, CleanWorkingDir(working_dir));
  GANTRY_RETURN_IF_ERROR(
      MakeWorkingDir(request.rootfs.get(), input.working_dir));

  GANTRY_ASSIGN_OR_RETURN(request.bundle_dir,
                          bundles_.Write(info.id, PrintJson(BuildSpec(input))));
  request.log_dir = info.log_path;
  request.exit_file = directory_.ExitFile(info.id);
  request.log = options_.log;
  return request;
}

absl::StatusOr<Launched> ContainerLauncher::TryLaunch(
    const StoredContainer& container, bool attach) {
  const std::string& id = container.info.id;
  GANTRY_ASSIGN_OR_RETURN(LaunchRequest request, MakeRequest(container));
  // The one of an earlier run.
  ::unlink(request.exit_file.c_str());
  Launched launched;
  GANTRY_ASSIGN_OR_RETURN(launched.pid, shims_.Create(std::move(request)));
  if (attach) {
    GANTRY_ASSIGN_OR_RETURN(launched.output,
                            shims_.Attach(id, /*primary=*/true));
  }
  GANTRY_RETURN_IF_ERROR(shims_.Start(id));
  return launched;
}

namespace {

// Some OCI runtimes do not say which command it was.
absl::Status NameCommand(const absl::Status& status,
                         const std::vector<std::string>& args) {
  const std::optional<ErrorReason> reason = ReasonOf(status);
  if (!reason.has_value() || args.empty() ||
      !absl::StartsWith(reason->reason, "COMMAND_") ||
      absl::StrContains(status.message(), args.front())) {
    return status;
  }
  return Annotate(status, absl::StrCat("exec: \"", args.front(), "\""));
}

}  // namespace

absl::StatusOr<Launched> ContainerLauncher::Launch(
    const StoredContainer& container, bool attach) {
  absl::StatusOr<Launched> launched = TryLaunch(container, attach);
  if (launched.ok()) return launched;
  launched = NameCommand(launched.status(), container.info.args);
  const absl::Status cleaned = CleanUp(container.info.id);
  if (!cleaned.ok()) {
    LogWarning(
        "a container that could not be started leaves something behind",
        {{"container", container.info.id}, {"error", cleaned.ToString()}});
  }
  return launched;
}

absl::Status ContainerLauncher::CleanUp(const std::string& id) {
  GANTRY_RETURN_IF_ERROR(shims_.Delete(id));
  return bundles_.Remove(id);
}

}  // namespace gantry::runtime
