// Between the runtime service's values and its wire messages; the only place
// that knows both.
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_RUNTIME_SERVER_PROTO_CONVERT_H_
#define GANTRY_SERVICES_RUNTIME_SERVER_PROTO_CONVERT_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gantry/runtime/v1/container.pb.h"
#include "gantry/runtime/v1/container_service.pb.h"
#include "services/runtime/container/container.h"
#include "services/runtime/container/container_filter.h"
#include "services/runtime/container/container_launcher.h"
#include "services/runtime/log/log_entry.h"
#include "services/runtime/shim/process_stream.h"

namespace gantry::runtime {

v1::Container ToProto(const ContainerInfo& info);
v1::LogEntry ToProto(const LogEntry& entry);
v1::OutputStream ToProto(OutputStream stream);

// INVALID_ARGUMENT: a duration, a time or a field that cannot be one.
absl::StatusOr<ContainerOptions> FromProto(const v1::ContainerSpec& spec);
absl::StatusOr<absl::Duration> FromProto(
    const google::protobuf::Duration& duration);
absl::StatusOr<absl::Time> FromProto(
    const google::protobuf::Timestamp& timestamp);
ExecOptions FromProto(const v1::ExecSpec& spec);
ContainerConditions FromProto(const v1::ContainerFilter& filter);
// Numbers that no terminal can have count as the greatest.
TerminalSize FromProto(const v1::TerminalSize& size);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SERVER_PROTO_CONVERT_H_
