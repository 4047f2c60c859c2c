// Shims forked from the zygote, the small process that gantry-shim is when it
// runs with --socket. See shim_host.h.
//
// Threads: as ShimHost; it has one thread for each container, which reads what
// the shim sends.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_ZYGOTE_SHIM_HOST_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_ZYGOTE_SHIM_HOST_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/runtime/shim/shim_host.h"

namespace gantry::runtime {

struct ZygoteShimHostOptions {
  // The directory that holds internal/.
  std::string run_dir;
  // The program gantry-shim.
  std::string shim_program;
  // A container's exit file is containers_dir/<id>/exit when nothing else is
  // known of it, as after a reboot.
  std::string containers_dir;
  // The OCI runtime that cleans up when nothing else is known.
  std::string runtime_path;
};

// Starts the zygote unless it runs; makes run_dir/internal/shim if needed.
absl::StatusOr<std::unique_ptr<ShimHost>> NewZygoteShimHost(
    ZygoteShimHostOptions options);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_ZYGOTE_SHIM_HOST_H_
