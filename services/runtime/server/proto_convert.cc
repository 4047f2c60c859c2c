#include "services/runtime/server/proto_convert.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status/status_macros.h"

namespace gantry::runtime {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;

void SetTime(absl::Time time, google::protobuf::Timestamp& timestamp) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

void SetDuration(absl::Duration value, google::protobuf::Duration& duration) {
  duration.set_seconds(absl::IDivDuration(value, absl::Seconds(1), &value));
  duration.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(value)));
}

v1::ContainerSpec ToProto(const ContainerOptions& options) {
  v1::ContainerSpec spec;
  spec.set_image(options.image);
  spec.mutable_command()->Assign(options.command.begin(),
                                 options.command.end());
  if (options.entrypoint.has_value()) {
    spec.mutable_entrypoint()->mutable_args()->Assign(
        options.entrypoint->begin(), options.entrypoint->end());
  }
  spec.mutable_env()->Assign(options.env.begin(), options.env.end());
  spec.set_working_dir(options.working_dir);
  spec.set_user(options.user);
  spec.set_hostname(options.hostname);
  spec.mutable_labels()->insert(options.labels.begin(), options.labels.end());
  spec.set_runtime(options.runtime);
  spec.set_auto_remove(options.auto_remove);
  spec.set_network(options.network);
  spec.set_stop_signal(options.stop_signal);
  if (options.stop_timeout.has_value()) {
    SetDuration(*options.stop_timeout, *spec.mutable_stop_timeout());
  }
  spec.set_tty(options.tty);
  spec.set_open_stdin(options.open_stdin);
  spec.set_stdin_once(options.stdin_once);
  spec.set_read_only_rootfs(options.read_only_rootfs);
  spec.set_init(options.init);
  for (const HostMount& mount : options.mounts) {
    v1::Mount& message = *spec.add_mounts();
    message.set_source(mount.source);
    message.set_target(mount.target);
    message.set_read_only(mount.read_only);
    message.set_create_source(mount.create_source);
  }
  return spec;
}

}  // namespace

v1::Container ToProto(const ContainerInfo& info) {
  v1::Container container;
  container.set_id(info.id);
  container.set_name(info.name);
  *container.mutable_spec() = ToProto(info.options);
  container.set_image_id(info.image_id);
  container.set_state(static_cast<v1::ContainerState>(info.state));
  SetTime(info.created_at, *container.mutable_created_at());
  if (info.started_at.has_value()) {
    SetTime(*info.started_at, *container.mutable_started_at());
  }
  if (info.finished_at.has_value()) {
    SetTime(*info.finished_at, *container.mutable_finished_at());
  }
  container.set_exit_code(info.exit_code);
  container.set_pid(info.pid);
  container.set_error(info.error);
  container.mutable_args()->Assign(info.args.begin(), info.args.end());
  container.set_log_path(info.log_path);
  container.set_oom_killed(info.oom_killed);
  container.set_state_dir(
      std::string(absl::StripSuffix(info.log_path, "/log")));
  return container;
}

v1::LogEntry ToProto(const LogEntry& entry) {
  v1::LogEntry message;
  SetTime(entry.time, *message.mutable_time());
  message.set_stream(entry.stream == LogStream::kStdout
                         ? v1::OUTPUT_STREAM_STDOUT
                         : v1::OUTPUT_STREAM_STDERR);
  message.set_data(entry.data);
  return message;
}

v1::OutputStream ToProto(OutputStream stream) {
  return stream == OutputStream::kStdout ? v1::OUTPUT_STREAM_STDOUT
                                         : v1::OUTPUT_STREAM_STDERR;
}

absl::StatusOr<ContainerOptions> FromProto(const v1::ContainerSpec& spec) {
  ContainerOptions options;
  options.image = spec.image();
  options.command.assign(spec.command().begin(), spec.command().end());
  if (spec.has_entrypoint()) {
    options.entrypoint.emplace(spec.entrypoint().args().begin(),
                               spec.entrypoint().args().end());
  }
  options.env.assign(spec.env().begin(), spec.env().end());
  options.working_dir = spec.working_dir();
  options.user = spec.user();
  options.hostname = spec.hostname();
  options.labels.insert(spec.labels().begin(), spec.labels().end());
  options.runtime = spec.runtime();
  options.auto_remove = spec.auto_remove();
  options.network = spec.network();
  options.stop_signal = spec.stop_signal();
  if (spec.has_stop_timeout()) {
    GANTRY_ASSIGN_OR_RETURN(options.stop_timeout,
                            FromProto(spec.stop_timeout()));
  }
  options.tty = spec.tty();
  options.open_stdin = spec.open_stdin();
  options.stdin_once = spec.stdin_once();
  options.read_only_rootfs = spec.read_only_rootfs();
  options.init = spec.init();
  for (const v1::Mount& mount : spec.mounts()) {
    options.mounts.push_back({mount.source(), mount.target(), mount.read_only(),
                              mount.create_source()});
  }
  return options;
}

ExecOptions FromProto(const v1::ExecSpec& spec) {
  ExecOptions options;
  options.command.assign(spec.command().begin(), spec.command().end());
  options.env.assign(spec.env().begin(), spec.env().end());
  options.working_dir = spec.working_dir();
  options.user = spec.user();
  options.tty = spec.tty();
  return options;
}

ContainerConditions FromProto(const v1::ContainerFilter& filter) {
  ContainerConditions conditions;
  conditions.names.assign(filter.names().begin(), filter.names().end());
  conditions.ids.assign(filter.ids().begin(), filter.ids().end());
  for (const int state : filter.states()) {
    conditions.states.push_back(static_cast<ContainerState>(state));
  }
  conditions.labels.assign(filter.labels().begin(), filter.labels().end());
  conditions.exit_codes.assign(filter.exit_codes().begin(),
                               filter.exit_codes().end());
  return conditions;
}

TerminalSize FromProto(const v1::TerminalSize& size) {
  constexpr uint32_t kMax = std::numeric_limits<uint16_t>::max();
  return {static_cast<uint16_t>(std::min(size.rows(), kMax)),
          static_cast<uint16_t>(std::min(size.columns(), kMax))};
}

absl::StatusOr<absl::Duration> FromProto(
    const google::protobuf::Duration& duration) {
  if (duration.nanos() <= -kNanosPerSecond ||
      duration.nanos() >= kNanosPerSecond) {
    return absl::InvalidArgumentError(
        absl::StrCat("a duration has ", duration.nanos(), " nanoseconds"));
  }
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

absl::StatusOr<absl::Time> FromProto(
    const google::protobuf::Timestamp& timestamp) {
  if (timestamp.nanos() < 0 || timestamp.nanos() >= kNanosPerSecond) {
    return absl::InvalidArgumentError(
        absl::StrCat("a time has ", timestamp.nanos(), " nanoseconds"));
  }
  return absl::FromUnixSeconds(timestamp.seconds()) +
         absl::Nanoseconds(timestamp.nanos());
}

}  // namespace gantry::runtime
