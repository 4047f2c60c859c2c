#include "services/gateway/proxy/forwarder.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/grpc/grpc_status.h"
#include "common/grpc/request_context.h"
#include "common/id/random_id.h"
#include "common/log/log.h"
#include "common/status/error.h"
#include "services/gateway/proxy/forwarded_call.h"

namespace gantry::gateway {
namespace {

constexpr size_t kMaxRequestIdLength = 64;

bool IsRequestId(absl::string_view id) {
  return !id.empty() && id.size() <= kMaxRequestIdLength &&
         std::all_of(id.begin(), id.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '-'; });
}

// The client's own, so that it can find its call in the logs, else a new one.
std::string RequestIdFor(const grpc::ServerContextBase& context) {
  std::string id = RequestIdOf(context);
  return IsRequestId(id) ? id : RandomHex(8);
}

}  // namespace

grpc::ServerGenericBidiReactor* Forwarder::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  const std::string method = context->method();
  const Identity identity = authenticate_(context->peer());
  const std::string request_id = RequestIdFor(*context);
  const absl::Time began = absl::Now();
  metrics_.Started(method);
  CallEnd end = [this, method, identity, request_id,
                 began](const grpc::Status& status) {
    const auto code = static_cast<absl::StatusCode>(status.error_code());
    const absl::Duration took = absl::Now() - began;
    metrics_.Handled(method, code, took);
    LogFields fields = {{"method", method.substr(0, 200)},
                        {"identity", identity.name},
                        {"code", absl::StatusCodeToString(code)},
                        {"ms", absl::StrCat(absl::ToInt64Milliseconds(took))},
                        {"request_id", request_id}};
    if (!status.ok()) fields.emplace_back("error", status.error_message());
    LogInfo("call", fields);
  };
  context->AddInitialMetadata(kRequestIdKey, request_id);
  const absl::Status allowed = access_.Check(method, identity);
  if (!allowed.ok())
    return StartRefusedCall(ToGrpcStatus(allowed), std::move(end));
  Route* route = routes_.Find(method);
  if (route == nullptr) {
    return StartRefusedCall(
        ToGrpcStatus(Error(absl::StatusCode::kUnimplemented, "UNKNOWN_METHOD",
                           absl::StrCat("no service has the method ", method))),
        std::move(end));
  }
  return StartForwardedCall(context, *route,
                            {{kRequestIdKey, request_id},
                             {kIdentityKey, identity.name},
                             {kRoleKey, RoleName(identity.role)}},
                            std::move(end));
}

}  // namespace gantry::gateway
