// gantry.runtime.v1.ContainerService over ContainerLifecycle.
//
// Threads: gRPC's; shared freely.

#ifndef GANTRY_SERVICES_RUNTIME_SERVER_CONTAINER_SERVICE_H_
#define GANTRY_SERVICES_RUNTIME_SERVER_CONTAINER_SERVICE_H_

#include "gantry/runtime/v1/container_service.grpc.pb.h"
#include "services/runtime/container/container_lifecycle.h"

namespace gantry::runtime {

class ContainerService : public v1::ContainerService::Service {
 public:
  // `lifecycle` must outlive this object.
  explicit ContainerService(ContainerLifecycle& lifecycle)
      : lifecycle_(lifecycle) {}

  grpc::Status CreateContainer(grpc::ServerContext* context,
                               const v1::CreateContainerRequest* request,
                               v1::CreateContainerResponse* response) override;
  grpc::Status StartContainer(grpc::ServerContext* context,
                              const v1::StartContainerRequest* request,
                              v1::StartContainerResponse* response) override;
  grpc::Status AttachContainer(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::AttachContainerResponse,
                               v1::AttachContainerRequest>* stream) override;
  grpc::Status StopContainer(grpc::ServerContext* context,
                             const v1::StopContainerRequest* request,
                             v1::StopContainerResponse* response) override;
  grpc::Status KillContainer(grpc::ServerContext* context,
                             const v1::KillContainerRequest* request,
                             v1::KillContainerResponse* response) override;
  grpc::Status WaitContainer(grpc::ServerContext* context,
                             const v1::WaitContainerRequest* request,
                             v1::WaitContainerResponse* response) override;
  grpc::Status RemoveContainer(grpc::ServerContext* context,
                               const v1::RemoveContainerRequest* request,
                               v1::RemoveContainerResponse* response) override;
  grpc::Status ListContainers(grpc::ServerContext* context,
                              const v1::ListContainersRequest* request,
                              v1::ListContainersResponse* response) override;
  grpc::Status GetContainer(grpc::ServerContext* context,
                            const v1::GetContainerRequest* request,
                            v1::GetContainerResponse* response) override;
  grpc::Status ReadLogs(
      grpc::ServerContext* context, const v1::ReadLogsRequest* request,
      grpc::ServerWriter<v1::ReadLogsResponse>* writer) override;

 private:
  ContainerLifecycle& lifecycle_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SERVER_CONTAINER_SERVICE_H_
