#include "ctl/client/gateway_client.h"

#include <grpcpp/grpcpp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/fs/unique_fd.h"
#include "common/grpc/channel.h"
#include "common/grpc/grpc_status.h"
#include "common/id/random_id.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "ctl/client/stream_attachment.h"
#include "gantry/gateway/v1/system_service.grpc.pb.h"
#include "gantry/image/v1/image_service.grpc.pb.h"
#include "gantry/runtime/v1/container_service.grpc.pb.h"

namespace gantry::ctl {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(60);
// What stop waits if nothing else is said, by the contract.
constexpr absl::Duration kDefaultStopTimeout = absl::Minutes(10);
constexpr int64_t kPageSize = 500;
constexpr size_t kChunkSize = 256 * 1024;

void SetTimeout(grpc::ClientContext* context, absl::Duration timeout) {
  if (timeout < absl::InfiniteDuration()) {
    context->set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  }
}

absl::Status Unreachable(const std::string& host, int error) {
  const std::string message =
      error == EACCES
          ? absl::StrCat(
                "permission denied while trying to connect to the Gantry "
                "gateway at ",
                host)
          : absl::StrCat("Cannot connect to the Gantry gateway at ", host,
                         ". Is the platform running?");
  return Error(absl::StatusCode::kUnavailable, "GATEWAY_UNREACHABLE", message,
               {{"host", host}});
}

// Tells at once, before gRPC is set up, whether somebody listens.
absl::Status Probe(const std::string& host, const std::string& socket_path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof(address.sun_path)) {
    return Unreachable(host, ENAMETOOLONG);
  }
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open() ||
      connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) != 0) {
    return Unreachable(host, errno);
  }
  return absl::OkStatus();
}

template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(Stub& stub,
                              grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                           const Request&,
                                                           Response*),
                              const Request& request,
                              absl::Duration timeout = kCallTimeout) {
  grpc::ClientContext context;
  SetTimeout(&context, timeout);
  Response response;
  GANTRY_RETURN_IF_ERROR(
      FromGrpcStatus((stub.*method)(&context, request, &response)));
  return response;
}

// The next bytes of `fd`; empty at its end, or once `ended` is set.
absl::StatusOr<std::string> ReadChunk(int fd, const std::atomic<bool>& ended) {
  constexpr int kPollMilliseconds = 100;
  std::string chunk(kChunkSize, '\0');
  size_t size = 0;
  while (size < chunk.size() && !ended) {
    pollfd ready = {fd, POLLIN, 0};
    if (poll(&ready, 1, kPollMilliseconds) == 0) continue;
    const ssize_t count = read(fd, &chunk[size], chunk.size() - size);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) return absl::ErrnoToStatus(errno, "reading the archive");
    if (count == 0) break;
    size += static_cast<size_t>(count);
  }
  chunk.resize(size);
  return chunk;
}

}  // namespace

struct GatewayClient::Stubs {
  explicit Stubs(const std::shared_ptr<grpc::Channel>& channel)
      : system(channel), images(channel), containers(channel) {}

  gateway::v1::SystemService::Stub system;
  image::v1::ImageService::Stub images;
  runtime::v1::ContainerService::Stub containers;
};

absl::StatusOr<std::unique_ptr<GatewayClient>> GatewayClient::Create(
    const std::string& host) {
  absl::string_view path = host;
  if (!absl::ConsumePrefix(&path, "unix://") || !absl::StartsWith(path, "/")) {
    return absl::InvalidArgumentError(
        absl::StrCat("unable to parse host `", host,
                     "`: this version connects to unix:///PATH only"));
  }
  return std::unique_ptr<GatewayClient>(
      new GatewayClient(host, std::string(path)));
}

GatewayClient::GatewayClient(std::string host, std::string socket_path)
    : host_(std::move(host)), socket_path_(std::move(socket_path)) {}

GatewayClient::GatewayClient(std::shared_ptr<grpc::Channel> channel)
    : stubs_(std::make_unique<Stubs>(channel)) {}

GatewayClient::~GatewayClient() = default;

absl::StatusOr<GatewayClient::Stubs*> GatewayClient::Connect() {
  MutexLock lock(mu_);
  if (stubs_ == nullptr) {
    GANTRY_RETURN_IF_ERROR(Probe(host_, socket_path_));
    stubs_ = std::make_unique<Stubs>(UnixChannel(socket_path_));
  }
  return stubs_.get();
}

absl::StatusOr<gateway::v1::GetVersionResponse> GatewayClient::GetVersion() {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  return Call(stubs->system, &gateway::v1::SystemService::Stub::GetVersion,
              gateway::v1::GetVersionRequest());
}

absl::StatusOr<gateway::v1::GetInfoResponse> GatewayClient::GetInfo() {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  return Call(stubs->system, &gateway::v1::SystemService::Stub::GetInfo,
              gateway::v1::GetInfoRequest());
}

absl::StatusOr<std::vector<image::v1::Image>> GatewayClient::ListImages(
    const std::string& reference) {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  std::vector<image::v1::Image> images;
  image::v1::ListImagesRequest request;
  request.set_page_size(static_cast<int32_t>(kPageSize));
  request.set_reference(reference);
  do {
    GANTRY_ASSIGN_OR_RETURN(
        image::v1::ListImagesResponse page,
        Call(stubs->images, &image::v1::ImageService::Stub::ListImages,
             request));
    for (image::v1::Image& image : *page.mutable_images()) {
      images.push_back(std::move(image));
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return images;
}

absl::StatusOr<image::v1::GetImageResponse> GatewayClient::GetImage(
    const std::string& image) {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  image::v1::GetImageRequest request;
  request.set_image(image);
  return Call(stubs->images, &image::v1::ImageService::Stub::GetImage, request);
}

absl::StatusOr<image::v1::RemoveImageResponse> GatewayClient::RemoveImage(
    const std::string& image, bool force) {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  image::v1::RemoveImageRequest request;
  request.set_image(image);
  request.set_force(force);
  return Call(stubs->images, &image::v1::ImageService::Stub::RemoveImage,
              request);
}

absl::Status GatewayClient::LoadImages(
    int fd,
    const std::function<void(const image::v1::LoadedImage&)>& on_image) {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  grpc::ClientContext context;
  const auto stream = stubs->images.LoadImages(&context);
  std::atomic<bool> ended = false;
  absl::Status read_status;
  std::thread writer([&] {
    image::v1::LoadImagesRequest request;
    while (true) {
      absl::StatusOr<std::string> chunk = ReadChunk(fd, ended);
      if (!chunk.ok()) {
        read_status = chunk.status();
        context.TryCancel();
        return;
      }
      if (chunk->empty()) break;
      request.set_chunk(*std::move(chunk));
      if (!stream->Write(request)) return;
    }
    if (!ended) stream->WritesDone();
  });
  image::v1::LoadImagesResponse response;
  while (stream->Read(&response)) {
    if (response.has_loaded_image()) on_image(response.loaded_image());
  }
  ended = true;
  writer.join();
  const absl::Status status = FromGrpcStatus(stream->Finish());
  GANTRY_RETURN_IF_ERROR(read_status);
  return status;
}

absl::Status GatewayClient::PullImage(
    const image::v1::PullImageRequest& request,
    const std::function<void(const image::v1::PullImageResponse&)>& on_event) {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  grpc::ClientContext context;
  const auto stream = stubs->images.PullImage(&context, request);
  image::v1::PullImageResponse response;
  while (stream->Read(&response)) on_event(response);
  return FromGrpcStatus(stream->Finish());
}

absl::StatusOr<runtime::v1::CreateContainerResponse>
GatewayClient::CreateContainer(const std::string& name,
                               const runtime::v1::ContainerSpec& spec) {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  runtime::v1::CreateContainerRequest request;
  request.set_request_id(RandomHex(16));
  request.set_name(name);
  *request.mutable_spec() = spec;
  return Call(stubs->containers,
              &runtime::v1::ContainerService::Stub::CreateContainer, request);
}

absl::Status GatewayClient::StartContainer(const std::string& container) {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  runtime::v1::StartContainerRequest request;
  request.set_container(container);
  return Call(stubs->containers,
              &runtime::v1::ContainerService::Stub::StartContainer, request)
      .status();
}

absl::Status GatewayClient::StopContainer(const std::string& container,
                                          const absl::Duration* timeout,
                                          const std::string& signal) {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  runtime::v1::StopContainerRequest request;
  request.set_container(container);
  request.set_signal(signal);
  absl::Duration limit = kDefaultStopTimeout;
  if (timeout != nullptr) {
    request.mutable_timeout()->set_seconds(absl::ToInt64Seconds(*timeout));
    limit =
        *timeout < absl::ZeroDuration() ? absl::InfiniteDuration() : *timeout;
  }
  return Call(stubs->containers,
              &runtime::v1::ContainerService::Stub::StopContainer, request,
              limit + kCallTimeout)
      .status();
}

absl::Status GatewayClient::KillContainer(const std::string& container,
                                          const std::string& signal) {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  runtime::v1::KillContainerRequest request;
  request.set_container(container);
  request.set_signal(signal);
  return Call(stubs->containers,
              &runtime::v1::ContainerService::Stub::KillContainer, request)
      .status();
}

absl::StatusOr<int> GatewayClient::WaitContainer(const std::string& container) {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  runtime::v1::WaitContainerRequest request;
  request.set_container(container);
  GANTRY_ASSIGN_OR_RETURN(
      const runtime::v1::WaitContainerResponse response,
      Call(stubs->containers,
           &runtime::v1::ContainerService::Stub::WaitContainer, request,
           absl::InfiniteDuration()));
  return response.exit_code();
}

absl::Status GatewayClient::RemoveContainer(const std::string& container,
                                            bool force) {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  runtime::v1::RemoveContainerRequest request;
  request.set_container(container);
  request.set_force(force);
  return Call(stubs->containers,
              &runtime::v1::ContainerService::Stub::RemoveContainer, request)
      .status();
}

absl::StatusOr<std::vector<runtime::v1::Container>>
GatewayClient::ListContainers(const ContainerQuery& query) {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  std::vector<runtime::v1::Container> containers;
  runtime::v1::ListContainersRequest request;
  request.set_page_size(static_cast<int32_t>(std::min(query.limit, kPageSize)));
  request.set_all(query.all);
  *request.mutable_filter() = query.filter;
  do {
    GANTRY_ASSIGN_OR_RETURN(
        runtime::v1::ListContainersResponse page,
        Call(stubs->containers,
             &runtime::v1::ContainerService::Stub::ListContainers, request));
    for (runtime::v1::Container& container : *page.mutable_containers()) {
      containers.push_back(std::move(container));
      if (static_cast<int64_t>(containers.size()) == query.limit) {
        return containers;
      }
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return containers;
}

absl::StatusOr<runtime::v1::Container> GatewayClient::GetContainer(
    const std::string& container) {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  runtime::v1::GetContainerRequest request;
  request.set_container(container);
  GANTRY_ASSIGN_OR_RETURN(
      runtime::v1::GetContainerResponse response,
      Call(stubs->containers,
           &runtime::v1::ContainerService::Stub::GetContainer, request));
  return std::move(*response.mutable_container());
}

absl::StatusOr<std::unique_ptr<Attachment>> GatewayClient::AttachContainer(
    const runtime::v1::AttachOpen& open) {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  auto context = std::make_unique<grpc::ClientContext>();
  auto stream = stubs->containers.AttachContainer(context.get());
  runtime::v1::AttachContainerRequest request;
  *request.mutable_open() = open;
  return std::make_unique<
      StreamAttachment<runtime::v1::AttachContainerRequest,
                       runtime::v1::AttachContainerResponse>>(
      std::move(context), std::move(stream), request);
}

absl::StatusOr<std::unique_ptr<Attachment>> GatewayClient::ExecContainer(
    const runtime::v1::ExecOpen& open) {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  auto context = std::make_unique<grpc::ClientContext>();
  auto stream = stubs->containers.ExecContainer(context.get());
  runtime::v1::ExecContainerRequest request;
  *request.mutable_open() = open;
  return std::make_unique<StreamAttachment<runtime::v1::ExecContainerRequest,
                                           runtime::v1::ExecContainerResponse>>(
      std::move(context), std::move(stream), request);
}

absl::Status GatewayClient::StartExec(
    const runtime::v1::StartExecRequest& request) {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  return Call(stubs->containers,
              &runtime::v1::ContainerService::Stub::StartExec, request)
      .status();
}

absl::Status GatewayClient::ReadLogs(
    const runtime::v1::ReadLogsRequest& request,
    const std::function<void(const runtime::v1::LogEntry&, bool)>& on_entry) {
  GANTRY_ASSIGN_OR_RETURN(Stubs * stubs, Connect());
  grpc::ClientContext context;
  const auto stream = stubs->containers.ReadLogs(&context, request);
  runtime::v1::ReadLogsResponse response;
  while (stream->Read(&response)) {
    for (int i = 0; i < response.entries_size(); ++i) {
      on_entry(response.entries(i), i + 1 == response.entries_size());
    }
  }
  return FromGrpcStatus(stream->Finish());
}

}  // namespace gantry::ctl
