#include "services/runtime/container/container_creator.h"

#include <limits.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/fs/unique_fd.h"
#include "common/id/random_id.h"
#include "common/log/log.h"
#include "common/oci/manifest.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/runtime/container/options_check.h"
#include "services/runtime/container/signals.h"
#include "services/runtime/spec/command_line.h"
#include "services/runtime/spec/user_resolver.h"
#include "services/runtime/spec/working_dir.h"

namespace gantry::runtime {
namespace {

constexpr absl::Duration kRequestLifetime = absl::Hours(24);
constexpr size_t kMaxRequestIdBytes = 128;
constexpr int kMaxNameAttempts = 100;

std::string HostName() {
  char name[HOST_NAME_MAX + 1] = {};
  ::gethostname(name, HOST_NAME_MAX);
  return name;
}

void WarnOf(absl::string_view what, const std::string& id,
            const absl::Status& status) {
  if (status.ok()) return;
  LogWarning(what, {{"container", id}, {"error", status.ToString()}});
}

}  // namespace

class ContainerCreator::RequestHold {
 public:
  RequestHold(ContainerCreator& creator, const std::string& request_id)
      : creator_(creator), request_id_(request_id) {
    if (request_id_.empty()) return;
    MutexLock lock(creator_.mu_);
    while (!creator_.requests_under_way_.insert(request_id_).second) {
      creator_.changed_.wait(lock);
    }
  }
  ~RequestHold() {
    if (request_id_.empty()) return;
    MutexLock lock(creator_.mu_);
    creator_.requests_under_way_.erase(request_id_);
    creator_.changed_.notify_all();
  }
  RequestHold(const RequestHold&) = delete;
  RequestHold& operator=(const RequestHold&) = delete;

 private:
  ContainerCreator& creator_;
  const std::string request_id_;
};

ContainerCreator::ContainerCreator(CreatorOptions options,
                                   ContainerStore& store, RootfsSource& rootfs,
                                   RootfsRemover& remover,
                                   const ContainerDirectory& directory,
                                   ContainerIndex& index)
    : options_(std::move(options)),
      store_(store),
      rootfs_(rootfs),
      remover_(remover),
      directory_(directory),
      index_(index) {}

absl::StatusOr<std::optional<ContainerInfo>> ContainerCreator::FindEarlier(
    const std::string& request_id, const std::string& fingerprint) {
  if (request_id.empty()) return std::nullopt;
  GANTRY_ASSIGN_OR_RETURN(const std::optional<StoredRequest> request,
                          store_.FindRequest(request_id, absl::Now()));
  if (!request.has_value()) return std::nullopt;
  if (request->fingerprint != fingerprint) {
    return Error(
        absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
        absl::StrCat("the request id \"", request_id,
                     "\" was used for another request"),
        {{"request_id", request_id}, {"container", request->container_id}});
  }
  GANTRY_ASSIGN_OR_RETURN(const ContainerIndex::EntryPtr entry,
                          index_.Find(request->container_id));
  return entry->info();
}

absl::StatusOr<std::string> ContainerCreator::ReserveName(
    const std::string& name, const std::string& id) {
  if (!name.empty()) {
    GANTRY_RETURN_IF_ERROR(index_.ReserveName(name, id));
    return name;
  }
  for (int attempt = 0; attempt < kMaxNameAttempts; ++attempt) {
    const std::string made_up = RandomName(attempt);
    if (index_.ReserveName(made_up, id).ok()) return made_up;
  }
  const std::string made_up = absl::StrCat("container_", id.substr(0, 12));
  GANTRY_RETURN_IF_ERROR(index_.ReserveName(made_up, id));
  return made_up;
}

absl::Status ContainerCreator::PrepareContainer(
    StoredContainer& container, std::vector<std::string>& warnings) {
  ContainerInfo& info = container.info;
  const ContainerOptions& options = info.options;
  GANTRY_ASSIGN_OR_RETURN(PreparedRootfs prepared,
                          rootfs_.Prepare(info.id, options.image));
  info.image_id = std::move(prepared.image_id);
  container.image_config = std::move(prepared.config_json);
  GANTRY_ASSIGN_OR_RETURN(const oci::ImageConfig image,
                          oci::ParseImageConfig(container.image_config));
  GANTRY_ASSIGN_OR_RETURN(
      info.args, ResolveCommandLine(image.entrypoint, image.command,
                                    options.entrypoint, options.command));
  const std::string& working_dir =
      options.working_dir.empty() ? image.working_dir : options.working_dir;
  GANTRY_RETURN_IF_ERROR(CleanWorkingDir(working_dir).status());
  const std::string& stop_signal =
      options.stop_signal.empty() ? image.stop_signal : options.stop_signal;
  if (!stop_signal.empty()) {
    GANTRY_ASSIGN_OR_RETURN(info.stop_signal, ParseSignal(stop_signal));
  }
  const std::string& user = options.user.empty() ? image.user : options.user;
  GANTRY_ASSIGN_OR_RETURN(const UserSpec user_spec, ParseUser(user));
  if (NeedsLookup(user_spec)) {
    GANTRY_ASSIGN_OR_RETURN(const UniqueFd root, rootfs_.Mount(info.id));
    GANTRY_RETURN_IF_ERROR(ResolveUser(root.get(), user).status());
  }
  const oci::Platform host = oci::HostPlatform();
  if (!image.platform.architecture.empty() &&
      image.platform.architecture != host.architecture) {
    warnings.push_back(absl::StrCat(
        "The requested image's platform (", image.platform.os, "/",
        image.platform.architecture, ") does not match the detected host ",
        "platform (", host.os, "/", host.architecture, ")"));
  }
  info.log_path = directory_.LogDir(info.id);
  return directory_.Create(info.id, HostnameOf(info), HasHostNetwork(options));
}

absl::StatusOr<Created> ContainerCreator::Create(
    const std::string& request_id, const std::string& request_fingerprint,
    const std::string& name, const ContainerOptions& options) {
  if (request_id.size() > kMaxRequestIdBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "invalid request id: longer than ", kMaxRequestIdBytes, " characters"));
  }
  const RequestHold hold(*this, request_id);
  GANTRY_ASSIGN_OR_RETURN(const std::optional<ContainerInfo> earlier,
                          FindEarlier(request_id, request_fingerprint));
  if (earlier.has_value()) return Created{*earlier, {}};
  if (!name.empty()) GANTRY_RETURN_IF_ERROR(CheckContainerName(name));
  GANTRY_RETURN_IF_ERROR(CheckOptions(options));
  GANTRY_RETURN_IF_ERROR(
      FindRuntime(options.runtime, options_.runtimes, options_.default_runtime)
          .status());

  StoredContainer container;
  container.info.id = RandomContainerId();
  container.info.options = options;
  if (HasHostNetwork(options) && options.hostname.empty()) {
    container.info.options.hostname = HostName();
  }
  container.info.created_at = absl::Now();
  const std::string id = container.info.id;
  GANTRY_ASSIGN_OR_RETURN(container.info.name, ReserveName(name, id));
  absl::Cleanup undo = [&, taken = container.info.name] {
    remover_.Remove(id);
    WarnOf("a directory could not be removed", id, directory_.Remove(id));
    index_.Remove(taken, id);
  };
  Created created;
  GANTRY_RETURN_IF_ERROR(PrepareContainer(container, created.warnings));

  std::optional<StoredRequest> request;
  if (!request_id.empty()) {
    request = StoredRequest{request_id, request_fingerprint, id,
                            container.info.created_at + kRequestLifetime};
  }
  GANTRY_RETURN_IF_ERROR(store_.Create(container, request));
  std::move(undo).Cancel();
  created.container = container.info;
  index_.Insert(std::make_shared<ContainerEntry>(std::move(container)));
  return created;
}

}  // namespace gantry::runtime
