// Accepts TCP connections for the metrics pages.
//
// Threads: one thread makes and destroys it; the outlet is called on its own.

#ifndef GANTRY_SERVICES_GATEWAY_METRICS_TCP_LISTENER_H_
#define GANTRY_SERVICES_GATEWAY_METRICS_TCP_LISTENER_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "common/fs/unique_fd.h"

namespace gantry::gateway {

class TcpListener {
 public:
  // `address` is "127.0.0.1:9323" or "[::1]:9323"; `outlet` must not block.
  //
  // INVALID_ARGUMENT: another form. ALREADY_EXISTS: the port is taken.
  static absl::StatusOr<std::unique_ptr<TcpListener>> Listen(
      const std::string& address, std::function<void(UniqueFd)> outlet);
  ~TcpListener();
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

 private:
  TcpListener(UniqueFd listener, std::function<void(UniqueFd)> outlet);
  void Loop();

  const UniqueFd listener_;
  const UniqueFd wakeup_;
  const std::function<void(UniqueFd)> outlet_;
  std::thread thread_;
};

}  // namespace gantry::gateway

#endif  // GANTRY_SERVICES_GATEWAY_METRICS_TCP_LISTENER_H_
