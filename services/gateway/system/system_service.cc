#include "services/gateway/system/system_service.h"

#include <grpcpp/client_context.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/grpc/grpc_status.h"
#include "common/grpc/request_context.h"
#include "common/oci/manifest.h"
#include "common/version/version.h"

namespace gantry::gateway {
namespace {

// A backend that hangs must not hang `info` too.
constexpr absl::Duration kDeadline = absl::Seconds(2);

std::string Compiler() {
#if defined(__clang__)
  return absl::StrCat("clang ", __clang_major__, ".", __clang_minor__, ".",
                      __clang_patchlevel__);
#else
  return absl::StrCat("gcc ", __GNUC__, ".", __GNUC_MINOR__, ".",
                      __GNUC_PATCHLEVEL__);
#endif
}

void PrepareContext(grpc::ClientContext& context) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + kDeadline));
  PassRequestId(context);
}

void AddComponent(v1::GetVersionResponse& response, const std::string& name,
                  const std::string& version) {
  v1::ComponentVersion& component = *response.add_components();
  component.set_name(name);
  component.set_version(version);
}

}  // namespace

SystemService::SystemService(std::shared_ptr<grpc::ChannelInterface> image,
                             std::shared_ptr<grpc::ChannelInterface> runtime)
    : store_(image::v1::StoreService::NewStub(image)),
      node_(runtime::v1::NodeService::NewStub(runtime)) {}

absl::StatusOr<image::v1::GetStoreInfoResponse> SystemService::Store() {
  grpc::ClientContext context;
  PrepareContext(context);
  image::v1::GetStoreInfoResponse response;
  const grpc::Status status = store_->GetStoreInfo(&context, {}, &response);
  if (!status.ok()) return FromGrpcStatus(status);
  return response;
}

absl::StatusOr<runtime::v1::GetNodeInfoResponse> SystemService::Node() {
  grpc::ClientContext context;
  PrepareContext(context);
  runtime::v1::GetNodeInfoResponse response;
  const grpc::Status status = node_->GetNodeInfo(&context, {}, &response);
  if (!status.ok()) return FromGrpcStatus(status);
  return response;
}

grpc::Status SystemService::GetVersion(grpc::ServerContext* /*context*/,
                                       const v1::GetVersionRequest* /*request*/,
                                       v1::GetVersionResponse* response) {
  const oci::Platform platform = oci::HostPlatform();
  response->set_version(kVersion);
  response->set_api_version("v1");
  response->set_compiler(Compiler());
  response->set_platform(absl::StrCat(platform.os, "/", platform.architecture));
  const auto store = Store();
  const auto node = Node();
  AddComponent(*response, "gateway", kVersion);
  AddComponent(*response, "image", store.ok() ? store->version() : "");
  AddComponent(*response, "runtime", node.ok() ? node->version() : "");
  return grpc::Status::OK;
}

grpc::Status SystemService::GetInfo(grpc::ServerContext* context,
                                    const v1::GetInfoRequest* /*request*/,
                                    v1::GetInfoResponse* response) {
  response->set_version(kVersion);
  response->set_caller_identity(MetadataOf(*context, kIdentityKey));
  response->set_caller_role(MetadataOf(*context, kRoleKey));
  const auto store = Store();
  if (store.ok()) {
    *response->mutable_store() = *store;
  } else {
    response->add_warnings(absl::StrCat("the image service does not answer: ",
                                        store.status().message()));
  }
  const auto node = Node();
  if (node.ok()) {
    *response->mutable_node() = *node;
  } else {
    response->add_warnings(absl::StrCat("the runtime service does not answer: ",
                                        node.status().message()));
  }
  return grpc::Status::OK;
}

}  // namespace gantry::gateway
