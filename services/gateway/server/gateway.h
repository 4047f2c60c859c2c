// The gateway put together: its socket, the forwarder behind it, its own
// services, and the metrics pages.
//
// Threads: one thread starts and shuts down.

#ifndef GANTRY_SERVICES_GATEWAY_SERVER_GATEWAY_H_
#define GANTRY_SERVICES_GATEWAY_SERVER_GATEWAY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gantry/config/v1/gateway_config.pb.h"

namespace gantry::gateway {

class Gateway {
 public:
  // Serves on `run_dir`/gateway.sock; the backends are in `run_dir`/internal
  // and need not be there yet.
  //
  // INVALID_ARGUMENT: a role or an address of the configuration.
  // ALREADY_EXISTS: another gateway serves there.
  static absl::StatusOr<std::unique_ptr<Gateway>> Start(
      const std::string& run_dir, const config::v1::GatewayConfig& config);

  ~Gateway();

  // Takes no new calls, gives those that run `grace` to end, and cancels the
  // rest.
  void Shutdown(absl::Duration grace);

  struct Parts;

 private:
  explicit Gateway(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace gantry::gateway

#endif  // GANTRY_SERVICES_GATEWAY_SERVER_GATEWAY_H_
