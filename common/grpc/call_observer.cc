#include "common/grpc/call_observer.h"

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/grpc/request_context.h"
#include "common/log/log.h"

namespace gantry {
namespace {

using grpc::experimental::InterceptionHookPoints;

class CallObserver : public grpc::experimental::Interceptor {
 public:
  CallObserver(CallMetrics* metrics, grpc::experimental::ServerRpcInfo* info)
      : metrics_(metrics), method_(info->method()), info_(info) {
    if (metrics_ != nullptr) metrics_->Started(method_);
  }

  ~CallObserver() override {
    // Without a status the client was gone before there was one.
    const absl::StatusCode code = code_.value_or(absl::StatusCode::kCancelled);
    const absl::Duration took = absl::Now() - began_;
    if (metrics_ != nullptr) metrics_->Handled(method_, code, took);
    if (absl::StartsWith(method_, "/grpc.health.") ||
        absl::StrContains(method_, ".MetricsService/")) {
      return;
    }
    LogFields fields = {{"method", method_},
                        {"code", absl::StatusCodeToString(code)},
                        {"ms", absl::StrCat(absl::ToInt64Milliseconds(took))}};
    if (!request_id_.empty()) fields.emplace_back("request_id", request_id_);
    if (!message_.empty()) fields.emplace_back("error", message_);
    LogInfo("call", fields);
  }

  void Intercept(
      grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
      request_id_ = RequestIdOf(*info_->server_context());
      // The sync API runs the service on this thread next; the thread's next
      // call replaces the id.
      SetCurrentRequestId(request_id_);
    }
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_STATUS)) {
      const grpc::Status status = methods->GetSendStatus();
      code_ = static_cast<absl::StatusCode>(status.error_code());
      message_ = status.error_message();
    }
    methods->Proceed();
  }

 private:
  CallMetrics* const metrics_;
  const std::string method_;
  grpc::experimental::ServerRpcInfo* const info_;
  const absl::Time began_ = absl::Now();
  std::string request_id_;
  std::optional<absl::StatusCode> code_;
  std::string message_;
};

}  // namespace

grpc::experimental::Interceptor* CallObserverFactory::CreateServerInterceptor(
    grpc::experimental::ServerRpcInfo* info) {
  return new CallObserver(metrics_, info);
}

}  // namespace gantry
