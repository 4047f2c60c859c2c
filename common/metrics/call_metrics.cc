#include "common/metrics/call_metrics.h"

#include <google/protobuf/descriptor.h>

#include "absl/strings/str_cat.h"

namespace gantry {
namespace {

const prometheus::Histogram::BucketBoundaries& Buckets() {
  static const auto* const buckets =
      new prometheus::Histogram::BucketBoundaries{
          0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
          0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
  return *buckets;
}

std::string TypeOf(const google::protobuf::MethodDescriptor& method) {
  if (method.client_streaming()) {
    return method.server_streaming() ? "bidi_stream" : "client_stream";
  }
  return method.server_streaming() ? "server_stream" : "unary";
}

// Codes by the names of gRPC for Go, which dashboards expect: "NotFound".
std::string CodeName(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return "OK";
    case absl::StatusCode::kCancelled:
      return "Canceled";
    case absl::StatusCode::kInvalidArgument:
      return "InvalidArgument";
    case absl::StatusCode::kDeadlineExceeded:
      return "DeadlineExceeded";
    case absl::StatusCode::kNotFound:
      return "NotFound";
    case absl::StatusCode::kAlreadyExists:
      return "AlreadyExists";
    case absl::StatusCode::kPermissionDenied:
      return "PermissionDenied";
    case absl::StatusCode::kUnauthenticated:
      return "Unauthenticated";
    case absl::StatusCode::kResourceExhausted:
      return "ResourceExhausted";
    case absl::StatusCode::kFailedPrecondition:
      return "FailedPrecondition";
    case absl::StatusCode::kAborted:
      return "Aborted";
    case absl::StatusCode::kOutOfRange:
      return "OutOfRange";
    case absl::StatusCode::kUnimplemented:
      return "Unimplemented";
    case absl::StatusCode::kInternal:
      return "Internal";
    case absl::StatusCode::kUnavailable:
      return "Unavailable";
    case absl::StatusCode::kDataLoss:
      return "DataLoss";
    default:
      return "Unknown";
  }
}

}  // namespace

CallMetrics::CallMetrics(Metrics& metrics,
                         const std::vector<std::string>& services)
    : started_(prometheus::BuildCounter()
                   .Name("grpc_server_started_total")
                   .Help("Total number of RPCs started on the server.")
                   .Register(metrics.registry())),
      handled_(
          prometheus::BuildCounter()
              .Name("grpc_server_handled_total")
              .Help(
                  "Total number of RPCs completed on the server, regardless of "
                  "success or failure.")
              .Register(metrics.registry())),
      seconds_(
          prometheus::BuildHistogram()
              .Name("grpc_server_handling_seconds")
              .Help(
                  "Response latency in seconds of RPCs handled by the server.")
              .Register(metrics.registry())) {
  for (const std::string& name : services) {
    const google::protobuf::ServiceDescriptor* service =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
            name);
    if (service == nullptr) continue;
    for (int i = 0; i < service->method_count(); ++i) {
      AddMethod(name, service->method(i)->name(), TypeOf(*service->method(i)));
    }
  }
}

void CallMetrics::AddMethod(const std::string& service, const std::string& name,
                            const std::string& type) {
  const prometheus::Labels labels = {
      {"grpc_type", type}, {"grpc_service", service}, {"grpc_method", name}};
  prometheus::Labels ok = labels;
  ok.emplace("grpc_code", "OK");
  handled_.Add(ok);
  methods_.emplace(
      absl::StrCat("/", service, "/", name),
      Method{labels, &started_.Add(labels), &seconds_.Add(labels, Buckets())});
}

const CallMetrics::Method* CallMetrics::Find(absl::string_view method) const {
  const auto found = methods_.find(method);
  return found == methods_.end() ? nullptr : &found->second;
}

void CallMetrics::Started(absl::string_view method) {
  if (const Method* known = Find(method)) known->started->Increment();
}

void CallMetrics::Handled(absl::string_view method, absl::StatusCode code,
                          absl::Duration took) {
  const Method* known = Find(method);
  if (known == nullptr) return;
  prometheus::Labels labels = known->labels;
  labels.emplace("grpc_code", CodeName(code));
  handled_.Add(labels).Increment();
  known->seconds->Observe(absl::ToDoubleSeconds(took));
}

}  // namespace gantry
