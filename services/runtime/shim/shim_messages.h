// Between the messages of the shim protocol and our types.
//
// Threads: free functions over values.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_SHIM_MESSAGES_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_SHIM_MESSAGES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gantry/shim/v1/shim.pb.h"
#include "services/runtime/shim/exit_status.h"
#include "services/runtime/shim/process_stream.h"

namespace gantry::runtime {

inline constexpr int kShimProtocolVersion = 2;

shim::v1::Response ToResponse(uint64_t sequence, const absl::Status& status);
absl::Status FromResponse(const shim::v1::Response& response);

shim::v1::Exit ToMessage(const ExitStatus& exit);
ExitStatus FromMessage(const shim::v1::Exit& exit);

shim::v1::Event OutputEventOf(OutputStream stream, absl::string_view data);

shim::v1::TerminalSize ToMessage(TerminalSize size);
// Numbers that no terminal can have count as the greatest.
TerminalSize FromMessage(const shim::v1::TerminalSize& size);

// RUN/internal/shim, RUN/internal/zygote.sock and so on.
std::string ShimDir(const std::string& run_dir);
std::string ShimSocketPath(const std::string& run_dir, const std::string& id);
// The serialized Launch of a container that has not been deleted.
std::string LaunchRecordPath(const std::string& run_dir, const std::string& id);
std::string ZygoteSocketPath(const std::string& run_dir);
// State of the OCI runtime.
std::string OciStateDir(const std::string& run_dir);

// Whether it may be part of a file's name.
bool IsContainerId(const std::string& id);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_SHIM_MESSAGES_H_
