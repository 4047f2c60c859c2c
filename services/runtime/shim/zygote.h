// The zygote: a small process that forks itself into a shim for each connection
// that it accepts. The shim reads what it is to do from that connection.
//
// Threads: one, the only one of its process.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_ZYGOTE_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_ZYGOTE_H_

#include <string>

namespace gantry::runtime {

// Puts the zygote in the background and returns its starter's exit code: 0 when
// connections to `socket_path` are accepted, by an earlier zygote perhaps.
int RunZygote(const std::string& socket_path, const std::string& run_dir);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_ZYGOTE_H_
