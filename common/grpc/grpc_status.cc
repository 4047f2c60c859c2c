#include "common/grpc/grpc_status.h"

#include <optional>
#include <string>
#include <utility>

#include "common/status/error.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace gantry {
namespace {

constexpr char kDomain[] = "gantry.dev";
constexpr char kTypeUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
// HTTP/2 headers carry the details: a message that is longer would fail the
// call.
constexpr size_t kMaxMessageBytes = 2048;

std::string DetailsOf(const absl::Status& status, const std::string& message) {
  google::rpc::ErrorInfo info;
  info.set_domain(kDomain);
  info.set_reason(absl::StatusCodeToString(status.code()));
  if (const std::optional<ErrorReason> reason = ReasonOf(status)) {
    info.set_reason(reason->reason);
    for (const auto& [key, value] : reason->metadata) {
      (*info.mutable_metadata())[key] = value.substr(0, kMaxMessageBytes / 2);
    }
  }
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(message);
  google::protobuf::Any* any = details.add_details();
  any->set_type_url(kTypeUrl);
  info.SerializeToString(any->mutable_value());
  return details.SerializeAsString();
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const std::string message(status.message().substr(0, kMaxMessageBytes));
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), message,
                      DetailsOf(status, message));
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return result;
  for (const google::protobuf::Any& any : details.details()) {
    google::rpc::ErrorInfo info;
    if (any.type_url() != kTypeUrl || !info.ParseFromString(any.value()))
      continue;
    ErrorReason reason{info.reason(), {}};
    reason.metadata.insert(info.metadata().begin(), info.metadata().end());
    return WithReason(std::move(result), std::move(reason));
  }
  return result;
}

}  // namespace gantry
