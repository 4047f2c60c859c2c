// gantry.runtime.v1.NodeService.
//
// Threads: gRPC's; shared freely.

#ifndef GANTRY_SERVICES_RUNTIME_SERVER_NODE_SERVICE_H_
#define GANTRY_SERVICES_RUNTIME_SERVER_NODE_SERVICE_H_

#include <string>
#include <utility>
#include <vector>

#include "gantry/runtime/v1/node_service.grpc.pb.h"
#include "services/runtime/container/container_lifecycle.h"

namespace gantry::runtime {

class NodeService : public v1::NodeService::Service {
 public:
  struct Options {
    std::vector<std::string> runtimes;
    std::string default_runtime;
    std::string state_dir;
  };

  // `lifecycle` must outlive this object.
  NodeService(ContainerLifecycle& lifecycle, Options options)
      : lifecycle_(lifecycle), options_(std::move(options)) {}

  grpc::Status GetNodeInfo(grpc::ServerContext* context,
                           const v1::GetNodeInfoRequest* request,
                           v1::GetNodeInfoResponse* response) override;

 private:
  ContainerLifecycle& lifecycle_;
  const Options options_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SERVER_NODE_SERVICE_H_
