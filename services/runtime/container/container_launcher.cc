#include "services/runtime/container/container_launcher.h"

#include <fcntl.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/fs/file.h"
#include "common/fs/unique_fd.h"
#include "common/id/random_id.h"
#include "common/json/json.h"
#include "common/log/log.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/runtime/container/options_check.h"
#include "services/runtime/oci_runtime/external_oci_runtime.h"
#include "services/runtime/spec/container_path.h"
#include "services/runtime/spec/user_resolver.h"
#include "services/runtime/spec/working_dir.h"

namespace gantry::runtime {

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

// The root directory of a container, as its process `pid` has it.
absl::StatusOr<UniqueFd> OpenRootOf(pid_t pid) {
  const std::string path = absl::StrCat("/proc/", pid, "/root");
  UniqueFd root(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.is_open()) {
    return absl::FailedPreconditionError("the container has ended");
  }
  return root;
}

}  // namespace

ContainerLauncher::ContainerLauncher(LauncherOptions options,
                                     RootfsSource& rootfs, ShimHost& shims,
                                     BundleStore& bundles,
                                     const ContainerDirectory& directory)
    : options_(std::move(options)),
      rootfs_(rootfs),
      shims_(shims),
      bundles_(bundles),
      directory_(directory) {}

absl::StatusOr<SpecInput> ContainerLauncher::MakeSpecInput(
    const StoredContainer& container, const oci::ImageConfig& image) {
  const ContainerInfo& info = container.info;
  const ContainerOptions& options = info.options;
  SpecInput input;
  input.process.args = info.args;
  input.process.env = options.env;
  input.process.image_env = image.env;
  input.process.hostname = HostnameOf(info);
  input.process.tty = options.tty;
  input.cgroups_path = CgroupPathOf(info.id);
  input.cgroup_version = options_.cgroup_version;
  input.host_network = HasHostNetwork(options);
  input.read_only_rootfs = options.read_only_rootfs;
  if (options.init) {
    if (options_.init_path.empty()) {
      return absl::FailedPreconditionError(
          "there is no init program (tini-static) on this machine; install "
          "tini, or run the container without --init");
    }
    input.init_path = options_.init_path;
  }
  input.seccomp_program = absl::Base64Escape(options_.seccomp_program);
  for (const char* name : {"resolv.conf", "hostname", "hosts"}) {
    input.files.push_back(
        {directory_.File(info.id, name), std::string("/etc/") + name});
  }
  for (const HostMount& mount : options.mounts) {
    input.files.push_back(
        {mount.source, CleanPath(mount.target), mount.read_only});
  }
  return input;
}

namespace {

// Makes the sources that are to be made, and checks that all are there.
absl::Status PrepareMounts(const std::vector<HostMount>& mounts) {
  for (const HostMount& mount : mounts) {
    if (::access(mount.source.c_str(), F_OK) == 0) continue;
    if (!mount.create_source) {
      return absl::FailedPreconditionError(
          absl::StrCat("bind source path does not exist: ", mount.source));
    }
    GANTRY_RETURN_IF_ERROR(MakeDirectories(mount.source, 0755));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LaunchRequest> ContainerLauncher::MakeRequest(
    const StoredContainer& container, const LaunchOptions& options) {
  const ContainerInfo& info = container.info;
  LaunchRequest request;
  request.id = info.id;
  GANTRY_ASSIGN_OR_RETURN(request.runtime_path,
                          FindRuntime(info.options.runtime, options_.runtimes,
                                      options_.default_runtime));
  GANTRY_ASSIGN_OR_RETURN(const oci::ImageConfig image,
                          oci::ParseImageConfig(container.image_config));
  GANTRY_ASSIGN_OR_RETURN(SpecInput input, MakeSpecInput(container, image));
  GANTRY_RETURN_IF_ERROR(PrepareMounts(info.options.mounts));
  GANTRY_ASSIGN_OR_RETURN(request.rootfs, rootfs_.Mount(info.id));
  const std::string& user =
      info.options.user.empty() ? image.user : info.options.user;
  GANTRY_ASSIGN_OR_RETURN(input.process.user,
                          ResolveUser(request.rootfs.get(), user));
  const std::string& working_dir = info.options.working_dir.empty()
                                       ? image.working_dir
                                       : info.options.working_dir;
  GANTRY_ASSIGN_OR_RETURN(input.process.working_dir,
                          CleanWorkingDir(working_dir));
  GANTRY_RETURN_IF_ERROR(
      MakeWorkingDir(request.rootfs.get(), input.process.working_dir));
  if (options_.netns_pool != nullptr && !input.host_network) {
    GANTRY_ASSIGN_OR_RETURN(request.netns, options_.netns_pool->Take());
    input.netns_path =
        absl::StrCat("/proc/", ::getpid(), "/fd/", request.netns.get());
  }
  input.process.terminal_rows = options.terminal_size.rows;
  input.process.terminal_columns = options.terminal_size.columns;

  GANTRY_ASSIGN_OR_RETURN(request.bundle_dir,
                          bundles_.Write(info.id, PrintSpec(input)));
  request.log_dir = info.log_path;
  request.exit_file = directory_.ExitFile(info.id);
  request.log = options_.log;
  request.terminal = info.options.tty;
  request.terminal_size = options.terminal_size;
  request.open_stdin = info.options.open_stdin;
  request.stdin_once = info.options.stdin_once;
  request.await_primary = options.attach;
  return request;
}

absl::StatusOr<Launched> ContainerLauncher::TryLaunch(
    const StoredContainer& container, const LaunchOptions& options) {
  GANTRY_ASSIGN_OR_RETURN(LaunchRequest request,
                          MakeRequest(container, options));
  // The one of an earlier run.
  ::unlink(request.exit_file.c_str());
  Launched launched;
  GANTRY_ASSIGN_OR_RETURN(launched.pid, shims_.Launch(std::move(request)));
  if (!options.attach) return launched;
  AttachRequest attach;
  attach.primary = true;
  attach.stdin = options.stdin;
  GANTRY_ASSIGN_OR_RETURN(launched.stream,
                          shims_.Attach(container.info.id, attach));
  return launched;
}

absl::StatusOr<StartedExec> ContainerLauncher::Exec(
    const StoredContainer& container, const ExecOptions& options) {
  const ContainerInfo& info = container.info;
  GANTRY_ASSIGN_OR_RETURN(const oci::ImageConfig image,
                          oci::ParseImageConfig(container.image_config));
  ProcessInput input;
  input.args = options.command;
  input.env = info.options.env;
  input.env.insert(input.env.end(), options.env.begin(), options.env.end());
  input.image_env = image.env;
  input.hostname = HostnameOf(info);
  input.tty = options.tty;
  input.terminal_rows = options.terminal_size.rows;
  input.terminal_columns = options.terminal_size.columns;
  for (const std::string* dir :
       {&options.working_dir, &info.options.working_dir, &image.working_dir}) {
    if (dir->empty()) continue;
    GANTRY_ASSIGN_OR_RETURN(input.working_dir, CleanWorkingDir(*dir));
    break;
  }
  const std::string& container_user =
      info.options.user.empty() ? image.user : info.options.user;
  const std::string& user =
      options.user.empty() ? container_user : options.user;
  GANTRY_ASSIGN_OR_RETURN(const UniqueFd root, OpenRootOf(info.pid));
  GANTRY_ASSIGN_OR_RETURN(input.user, ResolveUser(root.get(), user));

  ExecRequest request;
  StartedExec started;
  started.exec_id = request.exec_id = RandomContainerId();
  request.process_json = PrintJson(BuildProcess(input));
  request.terminal = options.tty;
  request.terminal_size = options.terminal_size;
  request.stdin = options.stdin;
  request.attach = options.attach;
  GANTRY_ASSIGN_OR_RETURN(const std::string runtime,
                          FindRuntime(info.options.runtime, options_.runtimes,
                                      options_.default_runtime));
  if (IsPlainOciRuntime(runtime)) {
    request.seccomp_program = options_.seccomp_program;
  }
  absl::StatusOr<std::unique_ptr<ProcessStream>> stream =
      shims_.Exec(info.id, request);
  if (!stream.ok()) return NameCommand(stream.status(), options.command);
  started.stream = *std::move(stream);
  return started;
}

absl::StatusOr<Launched> ContainerLauncher::Launch(
    const StoredContainer& container, const LaunchOptions& options) {
  absl::StatusOr<Launched> launched = TryLaunch(container, options);
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
