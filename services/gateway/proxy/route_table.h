// Which backend serves a method, by the package of its service.
//
// Threads: shared freely once the routes are added.

#ifndef GANTRY_SERVICES_GATEWAY_PROXY_ROUTE_TABLE_H_
#define GANTRY_SERVICES_GATEWAY_PROXY_ROUTE_TABLE_H_

#include <grpcpp/generic/generic_stub.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace gantry::gateway {

struct Route {
  // "/gantry.image.": what the paths of its methods begin with.
  std::string prefix;
  // "image", for messages.
  std::string backend;
  std::shared_ptr<grpc::ChannelInterface> channel;
  std::unique_ptr<grpc::GenericStub> stub;
};

class RouteTable {
 public:
  void Add(std::string prefix, std::string backend,
           std::shared_ptr<grpc::ChannelInterface> channel);

  // Null if no backend serves it.
  Route* Find(absl::string_view method);

 private:
  std::vector<std::unique_ptr<Route>> routes_;
};

}  // namespace gantry::gateway

#endif  // GANTRY_SERVICES_GATEWAY_PROXY_ROUTE_TABLE_H_
