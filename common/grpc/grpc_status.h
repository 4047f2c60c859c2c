// The one conversion between absl::Status and grpc::Status. Code, message and
// reason are kept both ways; the reason travels as google.rpc.ErrorInfo in
// grpc-status-details-bin (domain "gantry.dev").
//
// Threads: free functions.

#ifndef GANTRY_COMMON_GRPC_GRPC_STATUS_H_
#define GANTRY_COMMON_GRPC_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace gantry {

// An error without a reason gets its code's name as the reason: "NOT_FOUND".
grpc::Status ToGrpcStatus(const absl::Status& status);

// Details that cannot be read are dropped.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace gantry

#endif  // GANTRY_COMMON_GRPC_GRPC_STATUS_H_
