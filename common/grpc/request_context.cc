#include "common/grpc/request_context.h"

#include <utility>

namespace gantry {
namespace {

std::string& ThreadRequestId() {
  static thread_local std::string id;
  return id;
}

}  // namespace

std::string MetadataOf(const grpc::ServerContextBase& context,
                       absl::string_view key) {
  const auto found =
      context.client_metadata().find(grpc::string_ref(key.data(), key.size()));
  if (found == context.client_metadata().end()) return "";
  return std::string(found->second.data(), found->second.size());
}

std::string RequestIdOf(const grpc::ServerContextBase& context) {
  return MetadataOf(context, kRequestIdKey);
}

const std::string& CurrentRequestId() { return ThreadRequestId(); }

void SetCurrentRequestId(std::string id) { ThreadRequestId() = std::move(id); }

void PassRequestId(grpc::ClientContext& context) {
  if (!CurrentRequestId().empty())
    context.AddMetadata(kRequestIdKey, CurrentRequestId());
}

}  // namespace gantry
