// A gateway for tests of ctl: holds containers and images that tests put in,
// and plays what AttachContainer and ReadLogs are to answer.
//
// Threads: calls come on gRPC's threads; tests set members before.

#ifndef GANTRY_CTL_TESTING_FAKE_GATEWAY_H_
#define GANTRY_CTL_TESTING_FAKE_GATEWAY_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/sync/mutex.h"
#include "gantry/image/v1/image_service.grpc.pb.h"
#include "gantry/runtime/v1/container_service.grpc.pb.h"

namespace gantry::ctl {

class FakeContainers final : public runtime::v1::ContainerService::Service {
 public:
  // What ListContainers pages through, two a page.
  std::vector<runtime::v1::Container> containers;
  // What CreateContainer and AttachContainer fail with.
  absl::Status create_status;
  absl::Status start_status;
  // What an attached container writes before it ends with `exit_code`.
  std::vector<runtime::v1::OutputChunk> output;
  int exit_code = 0;
  // Whether an attachment waits for KillContainer before it ends.
  bool runs_until_killed = false;
  bool breaks_before_exit = false;
  std::vector<runtime::v1::LogEntry> log;
  std::function<void()> on_attached = [] {};

  runtime::v1::CreateContainerRequest last_create();
  std::vector<std::string> kills();
  std::vector<std::string> removed();

  grpc::Status CreateContainer(
      grpc::ServerContext* context,
      const runtime::v1::CreateContainerRequest* request,
      runtime::v1::CreateContainerResponse* response) override;
  grpc::Status StartContainer(
      grpc::ServerContext* context,
      const runtime::v1::StartContainerRequest* request,
      runtime::v1::StartContainerResponse* response) override;
  grpc::Status AttachContainer(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<runtime::v1::AttachContainerResponse,
                               runtime::v1::AttachContainerRequest>* stream)
      override;
  grpc::Status KillContainer(
      grpc::ServerContext* context,
      const runtime::v1::KillContainerRequest* request,
      runtime::v1::KillContainerResponse* response) override;
  grpc::Status RemoveContainer(
      grpc::ServerContext* context,
      const runtime::v1::RemoveContainerRequest* request,
      runtime::v1::RemoveContainerResponse* response) override;
  grpc::Status ListContainers(
      grpc::ServerContext* context,
      const runtime::v1::ListContainersRequest* request,
      runtime::v1::ListContainersResponse* response) override;
  grpc::Status GetContainer(
      grpc::ServerContext* context,
      const runtime::v1::GetContainerRequest* request,
      runtime::v1::GetContainerResponse* response) override;
  grpc::Status ReadLogs(
      grpc::ServerContext* context, const runtime::v1::ReadLogsRequest* request,
      grpc::ServerWriter<runtime::v1::ReadLogsResponse>* writer) override;

 private:
  Mutex mu_;
  runtime::v1::CreateContainerRequest last_create_ ABSL_GUARDED_BY(mu_);
  std::vector<std::string> kills_ ABSL_GUARDED_BY(mu_);
  std::vector<std::string> removed_ ABSL_GUARDED_BY(mu_);
};

class FakeImages final : public image::v1::ImageService::Service {
 public:
  std::vector<image::v1::Image> images;
  std::string config_json = "{}";
  // How many bytes the last load brought.
  size_t loaded_bytes = 0;
  absl::Status load_status;

  grpc::Status ListImages(grpc::ServerContext* context,
                          const image::v1::ListImagesRequest* request,
                          image::v1::ListImagesResponse* response) override;
  grpc::Status GetImage(grpc::ServerContext* context,
                        const image::v1::GetImageRequest* request,
                        image::v1::GetImageResponse* response) override;
  grpc::Status RemoveImage(grpc::ServerContext* context,
                           const image::v1::RemoveImageRequest* request,
                           image::v1::RemoveImageResponse* response) override;
  grpc::Status LoadImages(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<image::v1::LoadImagesResponse,
                               image::v1::LoadImagesRequest>* stream) override;
};

class FakeGateway {
 public:
  FakeGateway();
  ~FakeGateway();

  FakeContainers containers;
  FakeImages images;

  std::shared_ptr<grpc::Channel> Channel();

 private:
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_TESTING_FAKE_GATEWAY_H_
