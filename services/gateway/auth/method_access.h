// The least role that each method asks for, read from the `access` options of
// the descriptors that are linked into the program.
//
// Threads: shared freely; nothing changes after construction.

#ifndef GANTRY_SERVICES_GATEWAY_AUTH_METHOD_ACCESS_H_
#define GANTRY_SERVICES_GATEWAY_AUTH_METHOD_ACCESS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/gateway/auth/identity.h"

namespace gantry::gateway {

class MethodAccess {
 public:
  // Full names of services: "gantry.image.v1.ImageService". Those whose methods
  // have no option (health, reflection) are open to every role.
  MethodAccess(const std::vector<std::string>& services,
               const std::vector<std::string>& open_services);

  // OK if `identity` may call `method`
  // ("/gantry.image.v1.ImageService/ListImages").
  //
  // UNIMPLEMENTED: there is no such method.
  // PERMISSION_DENIED: the role does not suffice, or the method is internal.
  absl::Status Check(absl::string_view method, const Identity& identity) const;

 private:
  void AddService(const std::string& name, bool open);

  // By method; kNone means refused from outside.
  std::map<std::string, Role, std::less<>> required_;
};

}  // namespace gantry::gateway

#endif  // GANTRY_SERVICES_GATEWAY_AUTH_METHOD_ACCESS_H_
