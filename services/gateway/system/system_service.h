// gantry.gateway.v1.SystemService: what is asked of the platform as a whole.
//
// Threads: gRPC's; shared freely.

#ifndef GANTRY_SERVICES_GATEWAY_SYSTEM_SYSTEM_SERVICE_H_
#define GANTRY_SERVICES_GATEWAY_SYSTEM_SYSTEM_SERVICE_H_

#include <grpcpp/channel.h>

#include <memory>

#include "absl/status/statusor.h"
#include "gantry/gateway/v1/system_service.grpc.pb.h"
#include "gantry/image/v1/store_service.grpc.pb.h"
#include "gantry/runtime/v1/node_service.grpc.pb.h"

namespace gantry::gateway {

class SystemService : public v1::SystemService::Service {
 public:
  SystemService(std::shared_ptr<grpc::ChannelInterface> image,
                std::shared_ptr<grpc::ChannelInterface> runtime);

  grpc::Status GetVersion(grpc::ServerContext* context,
                          const v1::GetVersionRequest* request,
                          v1::GetVersionResponse* response) override;
  grpc::Status GetInfo(grpc::ServerContext* context,
                       const v1::GetInfoRequest* request,
                       v1::GetInfoResponse* response) override;

 private:
  absl::StatusOr<image::v1::GetStoreInfoResponse> Store();
  absl::StatusOr<runtime::v1::GetNodeInfoResponse> Node();

  const std::unique_ptr<image::v1::StoreService::Stub> store_;
  const std::unique_ptr<runtime::v1::NodeService::Stub> node_;
};

}  // namespace gantry::gateway

#endif  // GANTRY_SERVICES_GATEWAY_SYSTEM_SYSTEM_SERVICE_H_
