// A gateway for tests of ctl: holds containers and images that tests put in,
// and plays what AttachContainer, ExecContainer, ReadLogs and PullImage are to
// answer.
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
  // What CreateContainer fails with, so many times; -1 for always.
  absl::Status create_status;
  int failing_creates = -1;
  // What AttachContainer, StartContainer, ExecContainer and StartExec fail
  // with.
  absl::Status start_status;
  // What an attached container or exec writes before it ends with `exit_code`.
  std::vector<runtime::v1::OutputChunk> output;
  int exit_code = 0;
  // Whether an attachment waits for KillContainer before it ends.
  bool runs_until_killed = false;
  // Whether it writes what it reads, until its input ends.
  bool echoes_input = false;
  bool breaks_before_exit = false;
  std::vector<runtime::v1::LogEntry> log;
  std::function<void()> on_attached = [] {};

  runtime::v1::CreateContainerRequest last_create();
  std::vector<std::string> kills();
  std::vector<std::string> removed();
  runtime::v1::AttachOpen last_attach();
  runtime::v1::ExecOpen last_exec();
  runtime::v1::StartExecRequest last_start_exec();
  // "ROWSxCOLUMNS" of each change of size.
  std::vector<std::string> sizes();

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
  grpc::Status ExecContainer(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<runtime::v1::ExecContainerResponse,
                               runtime::v1::ExecContainerRequest>* stream)
      override;
  grpc::Status StartExec(grpc::ServerContext* context,
                         const runtime::v1::StartExecRequest* request,
                         runtime::v1::StartExecResponse* response) override;
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
  // From the opening on.
  template <typename Request, typename Response>
  grpc::Status Play(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<Response, Request>* stream,
                    Response opened);
  template <typename Request, typename Response>
  void EchoInput(grpc::ServerReaderWriter<Response, Request>* stream);

  Mutex mu_;
  int creates_ ABSL_GUARDED_BY(mu_) = 0;
  runtime::v1::AttachOpen last_attach_ ABSL_GUARDED_BY(mu_);
  runtime::v1::ExecOpen last_exec_ ABSL_GUARDED_BY(mu_);
  runtime::v1::StartExecRequest last_start_exec_ ABSL_GUARDED_BY(mu_);
  std::vector<std::string> sizes_ ABSL_GUARDED_BY(mu_);
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
  // What a pull tells before it ends with `pull_status`.
  std::vector<image::v1::PullImageResponse> pull_events;
  absl::Status pull_status;

  std::vector<image::v1::PullImageRequest> pulls();

  grpc::Status PullImage(
      grpc::ServerContext* context, const image::v1::PullImageRequest* request,
      grpc::ServerWriter<image::v1::PullImageResponse>* writer) override;
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

 private:
  Mutex mu_;
  std::vector<image::v1::PullImageRequest> pulls_ ABSL_GUARDED_BY(mu_);
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
