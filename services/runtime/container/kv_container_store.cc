#include "services/runtime/container/kv_container_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "container_record.pb.h"

namespace gantry::runtime {
namespace {

constexpr char kContainers[] = "containers";
constexpr char kNames[] = "names";
constexpr char kRequests[] = "requests";

int64_t ToNanos(const std::optional<absl::Time>& time) {
  return time.has_value() ? absl::ToUnixNanos(*time) : 0;
}

std::optional<absl::Time> FromNanos(int64_t nanos) {
  if (nanos == 0) return std::nullopt;
  return absl::FromUnixNanos(nanos);
}

template <typename Repeated>
std::vector<std::string> ToVector(const Repeated& values) {
  return std::vector<std::string>(values.begin(), values.end());
}

void WriteOptions(const ContainerOptions& options, record::OptionsRecord* out) {
  out->set_image(options.image);
  out->mutable_command()->Assign(options.command.begin(),
                                 options.command.end());
  out->set_has_entrypoint(options.entrypoint.has_value());
  if (options.entrypoint.has_value()) {
    out->mutable_entrypoint()->Assign(options.entrypoint->begin(),
                                      options.entrypoint->end());
  }
  out->mutable_env()->Assign(options.env.begin(), options.env.end());
  out->set_working_dir(options.working_dir);
  out->set_user(options.user);
  out->set_hostname(options.hostname);
  out->mutable_labels()->insert(options.labels.begin(), options.labels.end());
  out->set_runtime(options.runtime);
  out->set_auto_remove(options.auto_remove);
  out->set_network(options.network);
  out->set_stop_signal(options.stop_signal);
  out->set_has_stop_timeout(options.stop_timeout.has_value());
  if (options.stop_timeout.has_value()) {
    out->set_stop_timeout_nanos(
        absl::ToInt64Nanoseconds(*options.stop_timeout));
  }
  out->set_tty(options.tty);
  out->set_open_stdin(options.open_stdin);
  out->set_stdin_once(options.stdin_once);
  out->set_read_only_rootfs(options.read_only_rootfs);
  out->set_init(options.init);
  for (const HostMount& mount : options.mounts) {
    record::MountRecord& record = *out->add_mounts();
    record.set_source(mount.source);
    record.set_target(mount.target);
    record.set_read_only(mount.read_only);
    record.set_create_source(mount.create_source);
  }
}

ContainerOptions ReadOptions(const record::OptionsRecord& in) {
  ContainerOptions options;
  options.image = in.image();
  options.command = ToVector(in.command());
  if (in.has_entrypoint()) options.entrypoint = ToVector(in.entrypoint());
  options.env = ToVector(in.env());
  options.working_dir = in.working_dir();
  options.user = in.user();
  options.hostname = in.hostname();
  options.labels = {in.labels().begin(), in.labels().end()};
  options.runtime = in.runtime();
  options.auto_remove = in.auto_remove();
  options.network = in.network();
  options.stop_signal = in.stop_signal();
  if (in.has_stop_timeout()) {
    options.stop_timeout = absl::Nanoseconds(in.stop_timeout_nanos());
  }
  options.tty = in.tty();
  options.open_stdin = in.open_stdin();
  options.stdin_once = in.stdin_once();
  options.read_only_rootfs = in.read_only_rootfs();
  options.init = in.init();
  for (const record::MountRecord& record : in.mounts()) {
    options.mounts.push_back({record.source(), record.target(),
                              record.read_only(), record.create_source()});
  }
  return options;
}

std::string Serialize(const StoredContainer& container) {
  const ContainerInfo& info = container.info;
  record::ContainerRecord out;
  out.set_id(info.id);
  out.set_name(info.name);
  WriteOptions(info.options, out.mutable_options());
  out.set_image_id(info.image_id);
  out.set_state(static_cast<int>(info.state));
  out.set_created_at_nanos(absl::ToUnixNanos(info.created_at));
  out.set_started_at_nanos(ToNanos(info.started_at));
  out.set_finished_at_nanos(ToNanos(info.finished_at));
  out.set_exit_code(info.exit_code);
  out.set_pid(info.pid);
  out.set_error(info.error);
  out.mutable_args()->Assign(info.args.begin(), info.args.end());
  out.set_log_path(info.log_path);
  out.set_stop_signal(info.stop_signal);
  out.set_oom_killed(info.oom_killed);
  out.set_image_config(container.image_config);
  out.set_name_released(container.name_released);
  out.set_may_have_shim(container.may_have_shim);
  return out.SerializeAsString();
}

absl::StatusOr<StoredContainer> Deserialize(absl::string_view key,
                                            absl::string_view bytes) {
  record::ContainerRecord in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      in.id() != key ||
      in.state() < static_cast<int>(ContainerState::kCreated) ||
      in.state() > static_cast<int>(ContainerState::kDead)) {
    return absl::DataLossError(
        absl::StrCat("the record of container ", key, " is damaged"));
  }
  StoredContainer container;
  ContainerInfo& info = container.info;
  info.id = in.id();
  info.name = in.name();
  info.options = ReadOptions(in.options());
  info.image_id = in.image_id();
  info.state = static_cast<ContainerState>(in.state());
  info.created_at = absl::FromUnixNanos(in.created_at_nanos());
  info.started_at = FromNanos(in.started_at_nanos());
  info.finished_at = FromNanos(in.finished_at_nanos());
  info.exit_code = in.exit_code();
  info.pid = in.pid();
  info.error = in.error();
  info.args = ToVector(in.args());
  info.log_path = in.log_path();
  info.stop_signal = in.stop_signal();
  info.oom_killed = in.oom_killed();
  container.image_config = in.image_config();
  container.name_released = in.name_released();
  container.may_have_shim = in.may_have_shim();
  return container;
}

std::string Serialize(const StoredRequest& request) {
  record::RequestRecord out;
  out.set_fingerprint(request.fingerprint);
  out.set_container_id(request.container_id);
  out.set_expires_at_nanos(absl::ToUnixNanos(request.expires_at));
  return out.SerializeAsString();
}

}  // namespace

std::vector<std::string> KvContainerStore::Families() {
  return {kContainers, kNames, kRequests};
}

absl::StatusOr<std::vector<StoredContainer>> KvContainerStore::LoadAll() {
  std::vector<StoredContainer> containers;
  absl::Status damaged;
  GANTRY_RETURN_IF_ERROR(kv_.Scan(
      kContainers, "", "", [&](absl::string_view key, absl::string_view value) {
        absl::StatusOr<StoredContainer> container = Deserialize(key, value);
        if (!container.ok()) {
          damaged = container.status();
          return false;
        }
        containers.push_back(*std::move(container));
        return true;
      }));
  GANTRY_RETURN_IF_ERROR(damaged);
  return containers;
}

absl::Status KvContainerStore::Create(
    const StoredContainer& container,
    const std::optional<StoredRequest>& request) {
  WriteBatch batch;
  batch.Put(kContainers, container.info.id, Serialize(container));
  batch.Put(kNames, container.info.name, container.info.id);
  if (request.has_value()) {
    batch.Put(kRequests, request->request_id, Serialize(*request));
  }
  return kv_.Write(batch, /*sync=*/true);
}

absl::Status KvContainerStore::Update(const StoredContainer& container) {
  WriteBatch batch;
  batch.Put(kContainers, container.info.id, Serialize(container));
  return kv_.Write(batch, /*sync=*/false);
}

absl::Status KvContainerStore::UpdateAndReleaseName(
    const StoredContainer& container, bool sync) {
  WriteBatch batch;
  batch.Put(kContainers, container.info.id, Serialize(container));
  batch.Delete(kNames, container.info.name);
  return kv_.Write(batch, sync);
}

absl::Status KvContainerStore::Remove(const std::string& id) {
  WriteBatch batch;
  batch.Delete(kContainers, id);
  return kv_.Write(batch, /*sync=*/false);
}

absl::StatusOr<std::optional<StoredRequest>> KvContainerStore::FindRequest(
    const std::string& request_id, absl::Time now) {
  GANTRY_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                          kv_.Get(kRequests, request_id));
  if (!bytes.has_value()) return std::nullopt;
  record::RequestRecord in;
  if (!in.ParseFromString(*bytes)) {
    return absl::DataLossError(
        absl::StrCat("the record of request ", request_id, " is damaged"));
  }
  const absl::Time expires_at = absl::FromUnixNanos(in.expires_at_nanos());
  if (expires_at <= now) return std::nullopt;
  return StoredRequest{request_id, in.fingerprint(), in.container_id(),
                       expires_at};
}

absl::Status KvContainerStore::RemoveExpiredRequests(absl::Time now) {
  WriteBatch batch;
  GANTRY_RETURN_IF_ERROR(kv_.Scan(
      kRequests, "", "", [&](absl::string_view key, absl::string_view value) {
        record::RequestRecord in;
        if (!in.ParseFromArray(value.data(), static_cast<int>(value.size())) ||
            absl::FromUnixNanos(in.expires_at_nanos()) <= now) {
          batch.Delete(kRequests, key);
        }
        return true;
      }));
  return kv_.Write(batch, /*sync=*/false);
}

}  // namespace gantry::runtime
