// The process of an OCI runtime specification
// (https://github.com/opencontainers/runtime-spec/blob/main/config.md#process).
//
// Threads: a free function.

#ifndef GANTRY_SERVICES_RUNTIME_LAUNCHER_PROCESS_SPEC_H_
#define GANTRY_SERVICES_RUNTIME_LAUNCHER_PROCESS_SPEC_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gantry::runtime {

struct ProcessSpec {
  // At least one.
  std::vector<std::string> args;
  std::vector<std::string> env;
  // Absolute.
  std::string cwd = "/";
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> additional_gids;
  // A bit for each capability, by its number.
  uint64_t bounding = 0;
  uint64_t effective = 0;
  uint64_t permitted = 0;
  uint64_t inheritable = 0;
  uint64_t ambient = 0;
  bool no_new_privileges = false;
  bool terminal = false;
  // Of the terminal; 0 for whatever it is.
  uint16_t rows = 0;
  uint16_t columns = 0;
};

// INVALID_ARGUMENT: malformed, or it has a property that this cannot carry out.
absl::StatusOr<ProcessSpec> ParseProcessSpec(absl::string_view json);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_LAUNCHER_PROCESS_SPEC_H_
