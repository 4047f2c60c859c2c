// One call on its way through the gateway: messages are passed on as bytes, one
// at a time in each direction, so that whoever is slow holds the other back.
// Half close, initial and trailing metadata, deadline, cancellation, status and
// its details pass as they are.
//
// Threads: gRPC's. An object is made by Start and frees itself when both sides
// are done with it.

#ifndef GANTRY_SERVICES_GATEWAY_PROXY_FORWARDED_CALL_H_
#define GANTRY_SERVICES_GATEWAY_PROXY_FORWARDED_CALL_H_

#include <grpcpp/generic/async_generic_service.h>

#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "services/gateway/proxy/route_table.h"

namespace gantry::gateway {

// How a call ended, for the log and the counters.
using CallEnd = std::function<void(const grpc::Status& status)>;

// Passes the call on to the route's backend. `metadata` is added to what the
// client sent; `end` is called once, when the client has its status.
grpc::ServerGenericBidiReactor* StartForwardedCall(
    grpc::GenericCallbackServerContext* context, Route& route,
    const std::map<std::string, std::string>& metadata, CallEnd end);

// Answers the call with `status` alone.
grpc::ServerGenericBidiReactor* StartRefusedCall(const grpc::Status& status,
                                                 CallEnd end);

}  // namespace gantry::gateway

#endif  // GANTRY_SERVICES_GATEWAY_PROXY_FORWARDED_CALL_H_
