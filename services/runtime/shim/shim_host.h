// The processes that hold containers: one shim each, which makes the container
// by an OCI runtime, is its parent, writes its log and knows its exit code.
// Shims outlive the runtime service.
//
//   GANTRY_ASSIGN_OR_RETURN(const pid_t pid, shims.Launch(std::move(request)));
//   … the exit handler is called …
//   GANTRY_RETURN_IF_ERROR(shims.Delete(id));
//
// Threads: every method by any thread; calls for one container one at a time,
// except Signal, Attach, Exec and a ProcessStream's methods.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_SHIM_HOST_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_SHIM_HOST_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/fs/unique_fd.h"
#include "services/runtime/shim/exit_status.h"
#include "services/runtime/shim/process_stream.h"

namespace gantry::runtime {

struct LogLimits {
  int64_t max_file_bytes = int64_t{20} << 20;
  // Files altogether, the current one among them; at least 1.
  int max_files = 5;
};

struct LaunchRequest {
  std::string id;
  // Holds config.json, whose linux.cgroupsPath is CgroupPathOf(id) and whose
  // root.path is "rootfs", and the empty directory rootfs/.
  std::string bundle_dir;
  // The OCI runtime: a program with the command line of runc.
  std::string runtime_path;
  // Existing directory; gets container.log, container.log.1 and so on.
  std::string log_dir;
  // Written when the container has ended: see exit_file.h.
  std::string exit_file;
  LogLimits log;
  // A detached mount (open_tree, fsmount) that becomes bundle_dir/rootfs in the
  // OCI runtime's mount namespace; none if rootfs/ holds the files itself.
  UniqueFd rootfs;
  bool terminal = false;
  // Of the terminal at first; zeros for whatever it is.
  TerminalSize terminal_size;
  // What the bundle names by its number in this process, and must stay open
  // until the container runs.
  UniqueFd netns;
  // Standard input is kept open; without it, it is at its end.
  bool open_stdin = false;
  // Standard input ends when a client that attached it leaves.
  bool stdin_once = false;
  // A primary client will attach: nothing is read from the container before,
  // or this program ends.
  bool await_primary = false;
};

struct AttachRequest {
  // The container waits for this client when it reads slowly. Others are cut
  // off when they fall 4 MiB behind.
  bool primary = false;
  // The client sends input.
  bool stdin = false;
  // Zeros to leave it as it is.
  TerminalSize terminal_size;
};

struct ExecRequest {
  // Unique, as a container's id.
  std::string exec_id;
  // The process of the OCI runtime specification.
  std::string process_json;
  bool terminal = false;
  TerminalSize terminal_size;
  // Otherwise standard input is at its end.
  bool stdin = false;
  // Otherwise nobody sees its output and its exit.
  bool attach = false;
  // The shim starts the process itself, with this seccomp program (an array of
  // struct sock_filter); without one the OCI runtime is asked to. Only for
  // containers that are namespaces and nothing else.
  std::string seccomp_program;
};

// What linux.cgroupsPath of a container's spec is: "/gantry/<id>".
std::string CgroupPathOf(const std::string& id);

struct Survivor {
  enum class State { kRunning, kExited };
  std::string id;
  State state = State::kExited;
  // Of the container's first process; 0 if it has ended.
  pid_t pid = 0;
  // If it has ended.
  ExitStatus exit;
};

class ShimHost {
 public:
  using ExitHandler =
      std::function<void(const std::string& id, const ExitStatus& exit)>;

  virtual ~ShimHost() = default;

  // Called once for each container that was started here or found running by
  // Recover, when it has ended and all its output is in the log; by a thread of
  // this object, perhaps before Launch has returned. It may call this object,
  // Delete included. Set it before the first Launch or Recover.
  virtual void SetExitHandler(ExitHandler handler) = 0;

  // Makes the container and starts its command; returns the pid of its first
  // process. If it fails nothing is left behind.
  //
  // FAILED_PRECONDITION with reason COMMAND_NOT_FOUND (exit code 127) or
  // COMMAND_NOT_EXECUTABLE (126): the command of the container.
  // INTERNAL: what the OCI runtime said, in one line.
  // ALREADY_EXISTS: there is a shim of that id.
  virtual absl::StatusOr<pid_t> Launch(LaunchRequest request) = 0;

  // Sends `signal` to the container's first process.
  //
  // NOT_FOUND: there is no such shim. FAILED_PRECONDITION: it has ended.
  virtual absl::Status Signal(const std::string& id, int signal) = 0;

  // The container's streams from now on; for a primary client that was awaited:
  // from the beginning. For a container that has ended: the exit alone.
  //
  // NOT_FOUND: there is no such shim.
  virtual absl::StatusOr<std::unique_ptr<ProcessStream>> Attach(
      const std::string& id, const AttachRequest& request) = 0;

  // Executes another process in the container; returns when it runs. Null if it
  // is not attached.
  //
  // FAILED_PRECONDITION: the container has ended; or, with reason
  // COMMAND_NOT_FOUND (127) or COMMAND_NOT_EXECUTABLE (126), the command.
  // NOT_FOUND: there is no such shim.
  virtual absl::StatusOr<std::unique_ptr<ProcessStream>> Exec(
      const std::string& id, const ExecRequest& request) = 0;

  // Removes what the container has left: processes, cgroup, OCI runtime's
  // state, shim. A container that runs is killed. The log and the exit file
  // stay. No shim of that id is no error.
  virtual absl::Status Delete(const std::string& id) = 0;

  // Finds the shims of `ids` again after a restart of this program: one result
  // for each id, in their order. A container whose shim has died is killed and
  // cleaned up; its exit is what its exit file says, otherwise 137 and now.
  // Delete() must be called for those that have ended, as ever. Containers of
  // other ids that are found are deleted.
  virtual absl::StatusOr<std::vector<Survivor>> Recover(
      const std::vector<std::string>& ids) = 0;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_SHIM_HOST_H_
