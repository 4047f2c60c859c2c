// Executes another process in a container that runs, by system calls alone: a
// child joins the control group and the namespaces, and its own child becomes
// the process. Nothing but the container's program is executed.
//
// From the fork on memory is not allocated, and until the program is executed
// neither child can be traced or looked into by the container: they are not
// dumpable.
//
// Threads: the caller's process must have no other.

#ifndef GANTRY_SERVICES_RUNTIME_LAUNCHER_EXEC_LAUNCHER_H_
#define GANTRY_SERVICES_RUNTIME_LAUNCHER_EXEC_LAUNCHER_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/runtime/oci_runtime/container_cgroup.h"
#include "services/runtime/oci_runtime/oci_runtime.h"

namespace gantry::runtime {

// Begins to start a process in the container whose first process is
// `container_pid`, a child of this process that was not reaped.
// `seccomp_program` is an array of struct sock_filter; empty for none.
//
// INVALID_ARGUMENT: see ParseProcessSpec.
absl::StatusOr<std::unique_ptr<OciRuntime::PendingExec>> LaunchExec(
    pid_t container_pid, const ContainerCgroup& cgroup,
    const std::string& process_json, const std::string& seccomp_program,
    const OciRuntime::Stdio& stdio);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_LAUNCHER_EXEC_LAUNCHER_H_
