// Everything that commands ask of the gateway: one method a call, answers as
// the protobuf messages of the contract. Connects when the first call is made.
//
// Every call can fail with:
// UNAVAILABLE, reason GATEWAY_UNREACHABLE: nobody listens at the address; the
// message says so and is complete for a person.
// Else the error of the platform, with its reason.
//
// Threads: safe.

#ifndef GANTRY_CTL_CLIENT_GATEWAY_CLIENT_H_
#define GANTRY_CTL_CLIENT_GATEWAY_CLIENT_H_

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/sync/mutex.h"
#include "ctl/client/attachment.h"
#include "gantry/gateway/v1/system_service.pb.h"
#include "gantry/image/v1/image_service.pb.h"
#include "gantry/runtime/v1/container_service.pb.h"

namespace grpc {
class Channel;
}

namespace gantry::ctl {

class GatewayClient {
 public:
  // "unix:///run/gantry/gateway.sock".
  //
  // INVALID_ARGUMENT: not unix:// and an absolute path.
  static absl::StatusOr<std::unique_ptr<GatewayClient>> Create(
      const std::string& host);
  // For tests: over a channel that stands.
  explicit GatewayClient(std::shared_ptr<grpc::Channel> channel);
  ~GatewayClient();

  absl::StatusOr<gateway::v1::GetVersionResponse> GetVersion();
  absl::StatusOr<gateway::v1::GetInfoResponse> GetInfo();

  // All pages.
  absl::StatusOr<std::vector<image::v1::Image>> ListImages(
      const std::string& reference);
  absl::StatusOr<image::v1::GetImageResponse> GetImage(
      const std::string& image);
  absl::StatusOr<image::v1::RemoveImageResponse> RemoveImage(
      const std::string& image, bool force);
  // Sends what `fd` holds up to its end, and tells of each image as it is
  // complete, on the thread that called.
  absl::Status LoadImages(
      int fd,
      const std::function<void(const image::v1::LoadedImage&)>& on_image);

  // Tells of each step, on the thread that called.
  absl::Status PullImage(
      const image::v1::PullImageRequest& request,
      const std::function<void(const image::v1::PullImageResponse&)>& on_event);

  absl::StatusOr<runtime::v1::CreateContainerResponse> CreateContainer(
      const std::string& name, const runtime::v1::ContainerSpec& spec);
  absl::Status StartContainer(const std::string& container);
  // Without a timeout the container's own holds; below zero waits without end.
  absl::Status StopContainer(const std::string& container,
                             const absl::Duration* timeout,
                             const std::string& signal);
  absl::Status KillContainer(const std::string& container,
                             const std::string& signal);
  // The exit code.
  absl::StatusOr<int> WaitContainer(const std::string& container);
  absl::Status RemoveContainer(const std::string& container, bool force);
  struct ContainerQuery {
    // Also those that do not run.
    bool all = false;
    runtime::v1::ContainerFilter filter = {};
    // How many at most, 1 or more.
    int64_t limit = std::numeric_limits<int64_t>::max();
  };
  // Newest first.
  absl::StatusOr<std::vector<runtime::v1::Container>> ListContainers(
      const ContainerQuery& query);
  absl::StatusOr<runtime::v1::Container> GetContainer(
      const std::string& container);

  // The call is made; what it fails with, reading from it tells.
  absl::StatusOr<std::unique_ptr<Attachment>> AttachContainer(
      const runtime::v1::AttachOpen& open);
  absl::StatusOr<std::unique_ptr<Attachment>> ExecContainer(
      const runtime::v1::ExecOpen& open);
  absl::Status StartExec(const runtime::v1::StartExecRequest& request);
  // `last_of_batch`: no further entry has arrived yet.
  absl::Status ReadLogs(
      const runtime::v1::ReadLogsRequest& request,
      const std::function<void(const runtime::v1::LogEntry&,
                               bool last_of_batch)>& on_entry);

 private:
  struct Stubs;

  GatewayClient(std::string host, std::string socket_path);

  // Connects if that has not been done.
  absl::StatusOr<Stubs*> Connect();

  const std::string host_;
  const std::string socket_path_;
  Mutex mu_;
  std::unique_ptr<Stubs> stubs_ ABSL_GUARDED_BY(mu_);
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_CLIENT_GATEWAY_CLIENT_H_
