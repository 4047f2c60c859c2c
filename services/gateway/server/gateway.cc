#include "services/gateway/server/gateway.h"

#include <grpcpp/channel.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/fs/file.h"
#include "common/grpc/channel.h"
#include "common/grpc/peer_acceptor.h"
#include "common/log/log.h"
#include "common/metrics/call_metrics.h"
#include "common/metrics/metrics.h"
#include "common/status/status_macros.h"
#include "common/sync/worker_pool.h"
#include "gantry/image/v1/image_service.pb.h"
#include "gantry/image/v1/snapshot_service.pb.h"
#include "gantry/runtime/v1/container_service.pb.h"
#include "services/gateway/auth/identity.h"
#include "services/gateway/auth/method_access.h"
#include "services/gateway/config/gateway_config.h"
#include "services/gateway/health/health_service.h"
#include "services/gateway/metrics/http_connection.h"
#include "services/gateway/metrics/metrics_pages.h"
#include "services/gateway/metrics/protocol_sorter.h"
#include "services/gateway/metrics/tcp_listener.h"
#include "services/gateway/proxy/forwarder.h"
#include "services/gateway/proxy/route_table.h"
#include "services/gateway/reflection/reflection_service.h"
#include "services/gateway/server/socket_access.h"
#include "services/gateway/system/system_service.h"

namespace gantry::gateway {
namespace {

// The gateway's own services hold a thread for each open Watch.
constexpr int kMaxOwnThreads = 64;
constexpr int kMaxStreamsPerConnection = 1000;
constexpr int kMaxMetadataBytes = 16 << 10;
constexpr int kHttpThreads = 4;
constexpr int kMaxHttpConnections = 64;
constexpr mode_t kSharedMode = 0660;
constexpr mode_t kOwnMode = 0600;

const google::protobuf::ServiceDescriptor& OnlyService(
    const google::protobuf::Descriptor* message) {
  return *message->file()->service(0);
}

// Naming a message of each file keeps its descriptors in the program.
std::vector<std::string> ImageServices() {
  return {
      OnlyService(image::v1::ListImagesRequest::descriptor()).full_name(),
      OnlyService(image::v1::GetStoreInfoRequest::descriptor()).full_name()};
}

std::vector<std::string> RuntimeServices() {
  return {
      OnlyService(runtime::v1::GetContainerRequest::descriptor()).full_name(),
      OnlyService(runtime::v1::GetNodeInfoRequest::descriptor()).full_name()};
}

// They exist, so that calling them is answered with a clear refusal.
std::vector<std::string> InternalServices() {
  return {"gantry.image.v1.SnapshotService", "gantry.types.v1.MetricsService"};
}

std::vector<std::string> OpenServices() {
  return {"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
          "grpc.reflection.v1alpha.ServerReflection"};
}

void Append(const std::vector<std::string>& more,
            std::vector<std::string>& to) {
  to.insert(to.end(), more.begin(), more.end());
}

// Those with the access option on each method.
std::vector<std::string> OwnServices() {
  std::vector<std::string> names = {v1::SystemService::service_full_name()};
  Append(ImageServices(), names);
  Append(RuntimeServices(), names);
  return names;
}

std::vector<std::string> CallableServices() {
  std::vector<std::string> names = OwnServices();
  Append(OpenServices(), names);
  return names;
}

std::vector<std::string> KnownServices() {
  std::vector<std::string> names = OwnServices();
  Append(InternalServices(), names);
  return names;
}

bool IsConnected(grpc::Channel& channel) {
  constexpr absl::Duration kWait = absl::Milliseconds(500);
  if (channel.GetState(true) == GRPC_CHANNEL_READY) return true;
  return channel.WaitForConnected(absl::ToChronoTime(absl::Now() + kWait));
}

HealthService::Probes ProbesOf(const std::shared_ptr<grpc::Channel>& image,
                               const std::shared_ptr<grpc::Channel>& runtime) {
  HealthService::Probes probes;
  for (const std::string& name : ImageServices())
    probes[name] = [image] { return IsConnected(*image); };
  for (const std::string& name : RuntimeServices())
    probes[name] = [runtime] { return IsConnected(*runtime); };
  probes[v1::SystemService::service_full_name()] = [] { return true; };
  return probes;
}

}  // namespace

struct Gateway::Parts {
  Parts(const std::string& run_dir, IdentityResolver::Roles given_roles)
      : image(UnixChannel(absl::StrCat(run_dir, "/internal/image.sock"))),
        runtime(UnixChannel(absl::StrCat(run_dir, "/internal/runtime.sock"))),
        roles(std::move(given_roles)) {}

  Identity Authenticate(absl::string_view grpc_peer) {
    const std::optional<Peer> peer = acceptor->PeerOf(grpc_peer);
    if (!peer.has_value()) return {"unknown", Role::kNone};
    return resolver.Resolve(peer->uid, peer->gid);
  }

  // Closes the connection at once if too many wait for an answer.
  void AnswerHttp(UniqueFd connection) {
    if (http_count >= kMaxHttpConnections) return;
    ++http_count;
    const auto shared = std::make_shared<UniqueFd>(std::move(connection));
    http_workers.Run([this, shared] {
      ServeHttp(std::move(*shared),
                [this](absl::string_view path) { return pages.Get(path); });
      --http_count;
    });
  }

  void Sort(UniqueFd& connection, const Peer& peer) {
    sorter->Add(
        std::move(connection),
        [this, peer](UniqueFd http2) {
          acceptor->Pass(std::move(http2), peer);
        },
        [this, peer](UniqueFd http1) {
          // Metrics are state; whoever may not read it may not read them.
          if (resolver.Resolve(peer.uid, peer.gid).role == Role::kNone) return;
          AnswerHttp(std::move(http1));
        });
  }

  void BuildServers() {
    grpc::ServerBuilder inner;
    inner.SetResourceQuota(
        grpc::ResourceQuota("own").SetMaxThreads(kMaxOwnThreads));
    for (grpc::Service* service : std::vector<grpc::Service*>{
             &system, &health, &reflection, &reflection_alpha}) {
      inner.RegisterService(service);
    }
    own = inner.BuildAndStart();
    grpc::ChannelArguments arguments;
    ApplyTransportSettings(arguments);
    const std::shared_ptr<grpc::Channel> channel =
        own->InProcessChannel(arguments);
    routes.Add("/gantry.image.v1.", "image", image);
    routes.Add("/gantry.runtime.v1.", "runtime", runtime);
    routes.Add("/gantry.gateway.v1.", "gateway", channel);
    routes.Add("/grpc.", "gateway", channel);
    grpc::ServerBuilder outer;
    ApplyTransportSettings(outer);
    outer.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             kMaxStreamsPerConnection);
    outer.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
    outer.RegisterCallbackGenericService(&forwarder);
    front = outer.BuildAndStart();
  }

  absl::Status Listen(const std::string& socket_path) {
    PeerAcceptor::Options options;
    options.socket_path = socket_path;
    const std::optional<gid_t> group = GantryGroup();
    options.mode = group.has_value() ? kSharedMode : kOwnMode;
    if (group.has_value()) options.gid = *group;
    options.divert = [this](UniqueFd& connection, const Peer& peer) {
      Sort(connection, peer);
    };
    GANTRY_ASSIGN_OR_RETURN(acceptor, PeerAcceptor::Listen(std::move(options)));
    const absl::Status granted = GrantAccess(socket_path, roles);
    if (!granted.ok()) {
      LogWarning("users of the configuration cannot reach the socket",
                 {{"error", std::string(granted.message())}});
    }
    acceptor->Serve(*front);
    return absl::OkStatus();
  }

  const std::shared_ptr<grpc::Channel> image;
  const std::shared_ptr<grpc::Channel> runtime;
  const IdentityResolver::Roles roles;
  SystemAccounts accounts;
  IdentityResolver resolver{accounts, roles};
  MethodAccess access{KnownServices(), OpenServices()};
  Metrics metrics;
  CallMetrics calls{metrics, CallableServices()};
  MetricsPages pages{metrics, {{"image", image}, {"runtime", runtime}}};
  SystemService system{image, runtime};
  HealthService health{ProbesOf(image, runtime)};
  ReflectionService reflection{CallableServices()};
  ReflectionServiceV1Alpha reflection_alpha{CallableServices()};
  RouteTable routes;
  Forwarder forwarder{
      [this](absl::string_view peer) { return Authenticate(peer); }, access,
      routes, calls};
  std::unique_ptr<PeerAcceptor> acceptor;
  std::unique_ptr<ProtocolSorter> sorter = std::make_unique<ProtocolSorter>();
  std::unique_ptr<grpc::Server> own;
  std::unique_ptr<grpc::Server> front;
  std::atomic<int> http_count{0};
  // Last: their threads use the rest.
  WorkerPool http_workers{kHttpThreads};
  std::unique_ptr<TcpListener> tcp;
};

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Start(
    const std::string& run_dir, const config::v1::GatewayConfig& config) {
  GANTRY_ASSIGN_OR_RETURN(IdentityResolver::Roles roles, RolesOf(config));
  GANTRY_RETURN_IF_ERROR(MakeDirectories(run_dir, 0755));
  std::unique_ptr<Gateway> gateway(
      new Gateway(std::make_unique<Parts>(run_dir, std::move(roles))));
  Parts& parts = *gateway->parts_;
  if (!config.metrics_address().empty()) {
    GANTRY_ASSIGN_OR_RETURN(
        parts.tcp,
        TcpListener::Listen(config.metrics_address(), [&parts](UniqueFd fd) {
          parts.AnswerHttp(std::move(fd));
        }));
  }
  parts.BuildServers();
  if (parts.own == nullptr || parts.front == nullptr)
    return absl::InternalError("gRPC did not start");
  GANTRY_RETURN_IF_ERROR(parts.Listen(absl::StrCat(run_dir, "/gateway.sock")));
  return gateway;
}

Gateway::Gateway(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Gateway::~Gateway() { Shutdown(absl::ZeroDuration()); }

void Gateway::Shutdown(absl::Duration grace) {
  // In the order in which a connection passes through them.
  if (parts_->acceptor != nullptr) parts_->acceptor->StopAccepting();
  parts_->tcp.reset();
  parts_->sorter.reset();
  parts_->health.ShutDown();
  const auto deadline = absl::ToChronoTime(absl::Now() + grace);
  if (parts_->front != nullptr) parts_->front->Shutdown(deadline);
  if (parts_->own != nullptr) parts_->own->Shutdown(deadline);
  parts_->front.reset();
  parts_->own.reset();
}

}  // namespace gantry::gateway
