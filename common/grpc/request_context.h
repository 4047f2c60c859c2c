// What the gateway tells a backend about a call, as reserved metadata. A
// backend's socket admits only Gantry itself, so these can be believed.
//
// Threads: free functions over one call's context.

#ifndef GANTRY_COMMON_GRPC_REQUEST_CONTEXT_H_
#define GANTRY_COMMON_GRPC_REQUEST_CONTEXT_H_

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>

#include <string>

#include "absl/strings/string_view.h"

namespace gantry {

// One id for all that happens because of one call of a client.
inline constexpr char kRequestIdKey[] = "x-gantry-request-id";
// "uid 1000".
inline constexpr char kIdentityKey[] = "x-gantry-identity";
// "reader", "operator" or "admin".
inline constexpr char kRoleKey[] = "x-gantry-role";

// The value of a metadata key; empty if the call has none.
std::string MetadataOf(const grpc::ServerContextBase& context,
                       absl::string_view key);

// The call's request id; empty if it has none.
std::string RequestIdOf(const grpc::ServerContextBase& context);

// The request id of the call that this thread is serving, for lines of its log
// and for calls to another service; empty outside of a call.
const std::string& CurrentRequestId();

// Makes `id` the thread's request id until the next call of this function.
void SetCurrentRequestId(std::string id);

// Passes the thread's request id on with a call to another service.
void PassRequestId(grpc::ClientContext& context);

}  // namespace gantry

#endif  // GANTRY_COMMON_GRPC_REQUEST_CONTEXT_H_
