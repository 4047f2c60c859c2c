#include "ctl/testing/fake_gateway.h"

#include <algorithm>
#include <chrono>
#include <regex>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/grpc/grpc_status.h"

namespace gantry::ctl {
namespace {

constexpr int kPageSize = 2;
const std::string& NewId() {
  static const auto& id = *new std::string(64, 'a');
  return id;
}

// Whether `values` is empty, or one of them fits.
template <typename Values, typename Fits>
bool OneFits(const Values& values, const Fits& fits) {
  return values.empty() || std::any_of(values.begin(), values.end(), fits);
}

bool HasLabel(const runtime::v1::Container& container,
              const std::string& label) {
  const std::pair<std::string, std::string> pair =
      absl::StrSplit(label, absl::MaxSplits('=', 1));
  const auto it = container.spec().labels().find(pair.first);
  return it != container.spec().labels().end() &&
         (!absl::StrContains(label, '=') || it->second == pair.second);
}

bool Matches(const runtime::v1::Container& container,
             const runtime::v1::ContainerFilter& filter) {
  return OneFits(filter.names(),
                 [&](const std::string& pattern) {
                   return std::regex_search(container.name(),
                                            std::regex(pattern));
                 }) &&
         OneFits(filter.ids(),
                 [&](const std::string& id) {
                   return absl::StartsWith(container.id(), id);
                 }) &&
         OneFits(filter.states(),
                 [&](int state) { return container.state() == state; }) &&
         OneFits(filter.exit_codes(),
                 [&](int code) { return container.exit_code() == code; }) &&
         std::all_of(filter.labels().begin(), filter.labels().end(),
                     [&](const std::string& label) {
                       return HasLabel(container, label);
                     });
}

}  // namespace

runtime::v1::CreateContainerRequest FakeContainers::last_create() {
  MutexLock lock(mu_);
  return last_create_;
}

std::vector<std::string> FakeContainers::kills() {
  MutexLock lock(mu_);
  return kills_;
}

std::vector<std::string> FakeContainers::removed() {
  MutexLock lock(mu_);
  return removed_;
}

runtime::v1::AttachOpen FakeContainers::last_attach() {
  MutexLock lock(mu_);
  return last_attach_;
}

runtime::v1::ExecOpen FakeContainers::last_exec() {
  MutexLock lock(mu_);
  return last_exec_;
}

runtime::v1::StartExecRequest FakeContainers::last_start_exec() {
  MutexLock lock(mu_);
  return last_start_exec_;
}

std::vector<std::string> FakeContainers::sizes() {
  MutexLock lock(mu_);
  return sizes_;
}

grpc::Status FakeContainers::CreateContainer(
    grpc::ServerContext* context,
    const runtime::v1::CreateContainerRequest* request,
    runtime::v1::CreateContainerResponse* response) {
  MutexLock lock(mu_);
  last_create_ = *request;
  response->mutable_container()->set_id(NewId());
  if (failing_creates >= 0 && creates_++ >= failing_creates) {
    return grpc::Status::OK;
  }
  return ToGrpcStatus(create_status);
}

grpc::Status FakeContainers::StartContainer(
    grpc::ServerContext* context,
    const runtime::v1::StartContainerRequest* request,
    runtime::v1::StartContainerResponse* response) {
  return ToGrpcStatus(start_status);
}

grpc::Status FakeContainers::AttachContainer(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<runtime::v1::AttachContainerResponse,
                             runtime::v1::AttachContainerRequest>* stream) {
  runtime::v1::AttachContainerRequest request;
  if (!stream->Read(&request) || !request.has_open()) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no open");
  }
  {
    MutexLock lock(mu_);
    last_attach_ = request.open();
  }
  runtime::v1::AttachContainerResponse opened;
  opened.mutable_opened()->set_container_id(request.open().container());
  return Play(context, stream, std::move(opened));
}

grpc::Status FakeContainers::ExecContainer(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<runtime::v1::ExecContainerResponse,
                             runtime::v1::ExecContainerRequest>* stream) {
  runtime::v1::ExecContainerRequest request;
  if (!stream->Read(&request) || !request.has_open()) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no open");
  }
  {
    MutexLock lock(mu_);
    last_exec_ = request.open();
  }
  runtime::v1::ExecContainerResponse opened;
  opened.mutable_opened()->set_exec_id(NewId());
  return Play(context, stream, std::move(opened));
}

template <typename Request, typename Response>
grpc::Status FakeContainers::Play(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<Response, Request>* stream, Response opened) {
  if (!start_status.ok()) return ToGrpcStatus(start_status);
  stream->Write(opened);
  Response response;
  for (const runtime::v1::OutputChunk& chunk : output) {
    *response.mutable_output() = chunk;
    stream->Write(response);
  }
  on_attached();
  if (echoes_input) EchoInput(stream);
  while (runs_until_killed && kills().empty() && !context->IsCancelled()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (breaks_before_exit) return grpc::Status::OK;
  response.mutable_exit()->set_exit_code(exit_code);
  stream->Write(response);
  return grpc::Status::OK;
}

template <typename Request, typename Response>
void FakeContainers::EchoInput(
    grpc::ServerReaderWriter<Response, Request>* stream) {
  Request request;
  Response response;
  response.mutable_output()->set_stream(runtime::v1::OUTPUT_STREAM_STDOUT);
  while (stream->Read(&request)) {
    if (request.has_resize()) {
      MutexLock lock(mu_);
      sizes_.push_back(absl::StrCat(request.resize().rows(), "x",
                                    request.resize().columns()));
    } else {
      response.mutable_output()->set_data(request.input());
      stream->Write(response);
    }
  }
}

grpc::Status FakeContainers::StartExec(
    grpc::ServerContext* context, const runtime::v1::StartExecRequest* request,
    runtime::v1::StartExecResponse* response) {
  MutexLock lock(mu_);
  last_start_exec_ = *request;
  response->set_exec_id(NewId());
  return ToGrpcStatus(start_status);
}

grpc::Status FakeContainers::KillContainer(
    grpc::ServerContext* context,
    const runtime::v1::KillContainerRequest* request,
    runtime::v1::KillContainerResponse* response) {
  MutexLock lock(mu_);
  kills_.push_back(request->signal());
  return grpc::Status::OK;
}

grpc::Status FakeContainers::RemoveContainer(
    grpc::ServerContext* context,
    const runtime::v1::RemoveContainerRequest* request,
    runtime::v1::RemoveContainerResponse* response) {
  if (request->container() == "missing") {
    return ToGrpcStatus(absl::NotFoundError("No such container: missing"));
  }
  MutexLock lock(mu_);
  removed_.push_back(request->container());
  return grpc::Status::OK;
}

grpc::Status FakeContainers::ListContainers(
    grpc::ServerContext* context,
    const runtime::v1::ListContainersRequest* request,
    runtime::v1::ListContainersResponse* response) {
  std::vector<runtime::v1::Container> shown;
  for (const runtime::v1::Container& container : containers) {
    if ((request->all() ||
         container.state() == runtime::v1::CONTAINER_STATE_RUNNING) &&
        Matches(container, request->filter())) {
      shown.push_back(container);
    }
  }
  size_t at = 0;
  if (!absl::SimpleAtoi(request->page_token(), &at)) at = 0;
  for (int i = 0; i < kPageSize && at < shown.size(); ++i) {
    *response->add_containers() = shown[at++];
  }
  if (at < shown.size()) response->set_next_page_token(absl::StrCat(at));
  return grpc::Status::OK;
}

grpc::Status FakeContainers::GetContainer(
    grpc::ServerContext* context,
    const runtime::v1::GetContainerRequest* request,
    runtime::v1::GetContainerResponse* response) {
  for (const runtime::v1::Container& container : containers) {
    if (container.name() == request->container()) {
      *response->mutable_container() = container;
      return grpc::Status::OK;
    }
  }
  return ToGrpcStatus(absl::NotFoundError(
      absl::StrCat("No such container: ", request->container())));
}

grpc::Status FakeContainers::ReadLogs(
    grpc::ServerContext* context, const runtime::v1::ReadLogsRequest* request,
    grpc::ServerWriter<runtime::v1::ReadLogsResponse>* writer) {
  runtime::v1::ReadLogsResponse response;
  for (const runtime::v1::LogEntry& entry : log) {
    *response.add_entries() = entry;
  }
  writer->Write(response);
  return grpc::Status::OK;
}

grpc::Status FakeImages::ListImages(grpc::ServerContext* context,
                                    const image::v1::ListImagesRequest* request,
                                    image::v1::ListImagesResponse* response) {
  for (const image::v1::Image& image : images) *response->add_images() = image;
  return grpc::Status::OK;
}

grpc::Status FakeImages::GetImage(grpc::ServerContext* context,
                                  const image::v1::GetImageRequest* request,
                                  image::v1::GetImageResponse* response) {
  for (const image::v1::Image& image : images) {
    if (image.id() == request->image()) {
      *response->mutable_image() = image;
      response->set_config_json(config_json);
      return grpc::Status::OK;
    }
  }
  return ToGrpcStatus(
      absl::NotFoundError(absl::StrCat("No such image: ", request->image())));
}

grpc::Status FakeImages::RemoveImage(
    grpc::ServerContext* context, const image::v1::RemoveImageRequest* request,
    image::v1::RemoveImageResponse* response) {
  response->add_untagged_names("docker.io/library/busybox:latest");
  response->add_deleted_digests("sha256:ab");
  return grpc::Status::OK;
}

grpc::Status FakeImages::LoadImages(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<image::v1::LoadImagesResponse,
                             image::v1::LoadImagesRequest>* stream) {
  if (!load_status.ok()) return ToGrpcStatus(load_status);
  image::v1::LoadImagesRequest request;
  while (stream->Read(&request)) loaded_bytes += request.chunk().size();
  image::v1::LoadImagesResponse response;
  response.mutable_loaded_image()->set_id("sha256:ab");
  response.mutable_loaded_image()->add_names(
      "docker.io/library/busybox:latest");
  stream->Write(response);
  response.mutable_loaded_image()->clear_names();
  stream->Write(response);
  return grpc::Status::OK;
}

std::vector<image::v1::PullImageRequest> FakeImages::pulls() {
  MutexLock lock(mu_);
  return pulls_;
}

grpc::Status FakeImages::PullImage(
    grpc::ServerContext* context, const image::v1::PullImageRequest* request,
    grpc::ServerWriter<image::v1::PullImageResponse>* writer) {
  {
    MutexLock lock(mu_);
    pulls_.push_back(*request);
  }
  for (const image::v1::PullImageResponse& event : pull_events) {
    writer->Write(event);
  }
  return ToGrpcStatus(pull_status);
}

FakeGateway::FakeGateway() {
  grpc::ServerBuilder builder;
  builder.RegisterService(&containers);
  builder.RegisterService(&images);
  server_ = builder.BuildAndStart();
}

FakeGateway::~FakeGateway() { server_->Shutdown(); }

std::shared_ptr<grpc::Channel> FakeGateway::Channel() {
  return server_->InProcessChannel(grpc::ChannelArguments());
}

}  // namespace gantry::ctl
