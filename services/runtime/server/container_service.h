// gantry.runtime.v1.ContainerService over ContainerLifecycle.
//
// Threads: gRPC's; shared freely.

#ifndef GANTRY_SERVICES_RUNTIME_SERVER_CONTAINER_SERVICE_H_
#define GANTRY_SERVICES_RUNTIME_SERVER_CONTAINER_SERVICE_H_

#include "gantry/runtime/v1/container_service.grpc.pb.h"
#include "services/runtime/container/container_lifecycle.h"
#include "services/runtime/server/image_puller.h"

namespace gantry::runtime {

// Calls with a process behind them end by themselves; the others are simpler
// with the synchronous interface.
using ContainerServiceBase =
    v1::ContainerService::WithCallbackMethod_AttachContainer<
        v1::ContainerService::WithCallbackMethod_ExecContainer<
            v1::ContainerService::Service>>;

class ContainerService : public ContainerServiceBase {
 public:
  // Both must outlive this object.
  ContainerService(ContainerLifecycle& lifecycle, ImagePuller& puller)
      : lifecycle_(lifecycle), puller_(puller) {}

  grpc::Status CreateContainer(grpc::ServerContext* context,
                               const v1::CreateContainerRequest* request,
                               v1::CreateContainerResponse* response) override;
  grpc::Status StartContainer(grpc::ServerContext* context,
                              const v1::StartContainerRequest* request,
                              v1::StartContainerResponse* response) override;
  grpc::ServerBidiReactor<v1::AttachContainerRequest,
                          v1::AttachContainerResponse>*
  AttachContainer(grpc::CallbackServerContext* context) override;
  grpc::ServerBidiReactor<v1::ExecContainerRequest, v1::ExecContainerResponse>*
  ExecContainer(grpc::CallbackServerContext* context) override;
  grpc::Status StartExec(grpc::ServerContext* context,
                         const v1::StartExecRequest* request,
                         v1::StartExecResponse* response) override;
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
  ImagePuller& puller_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SERVER_CONTAINER_SERVICE_H_
