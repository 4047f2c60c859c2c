#include "services/gateway/proxy/route_table.h"

#include <utility>

#include "absl/strings/match.h"

namespace gantry::gateway {

void RouteTable::Add(std::string prefix, std::string backend,
                     std::shared_ptr<grpc::ChannelInterface> channel) {
  auto route = std::make_unique<Route>();
  route->prefix = std::move(prefix);
  route->backend = std::move(backend);
  route->stub = std::make_unique<grpc::GenericStub>(channel);
  route->channel = std::move(channel);
  routes_.push_back(std::move(route));
}

Route* RouteTable::Find(absl::string_view method) {
  for (const std::unique_ptr<Route>& route : routes_) {
    if (absl::StartsWith(method, route->prefix)) return route.get();
  }
  return nullptr;
}

}  // namespace gantry::gateway
