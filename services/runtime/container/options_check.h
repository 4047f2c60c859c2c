// What of a request for a container can be refused before anything is made.
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_OPTIONS_CHECK_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_OPTIONS_CHECK_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/runtime/container/container.h"

namespace gantry::runtime {

// [a-zA-Z0-9][a-zA-Z0-9_.-]*, at most 255 characters.
//
// INVALID_ARGUMENT: anything else.
absl::Status CheckContainerName(const std::string& name);

// INVALID_ARGUMENT: names what is malformed.
absl::Status CheckOptions(const ContainerOptions& options);

// The same of a command to be executed in a container.
absl::Status CheckExecOptions(const std::vector<std::string>& command,
                              const std::vector<std::string>& env,
                              const std::string& working_dir,
                              const std::string& user);

// The program of an OCI runtime. `name` is one of `runtimes`, an absolute path,
// or empty for `default_name`.
//
// INVALID_ARGUMENT: neither, or not a program.
absl::StatusOr<std::string> FindRuntime(
    const std::string& name, const std::map<std::string, std::string>& runtimes,
    const std::string& default_name);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_OPTIONS_CHECK_H_
