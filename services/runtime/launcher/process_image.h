// A process specification in the form that system calls take, made before the
// fork after which nothing may be allocated.
//
// Threads: Become by the process that is to be the program, which has one.

#ifndef GANTRY_SERVICES_RUNTIME_LAUNCHER_PROCESS_IMAGE_H_
#define GANTRY_SERVICES_RUNTIME_LAUNCHER_PROCESS_IMAGE_H_

#include <string>
#include <vector>

#include "services/runtime/launcher/launch_error.h"
#include "services/runtime/launcher/process_spec.h"

namespace gantry::runtime {

class ProcessImage {
 public:
  ProcessImage(ProcessSpec spec, std::string seccomp_program);
  ProcessImage(const ProcessImage&) = delete;
  ProcessImage& operator=(const ProcessImage&) = delete;

  const ProcessSpec& spec() const { return spec_; }

  // Turns this process, which is in the container's namespaces and has its
  // standard streams, into the program. Returns only if that fails.
  LaunchError Become() const;

 private:
  LaunchError DropBoundingSet() const;
  LaunchError LoadSeccomp() const;
  LaunchError ChangeUser() const;
  LaunchError SetCapabilities() const;
  LaunchError EnterWorkingDirectory() const;
  LaunchError Execute() const;

  const ProcessSpec spec_;
  const std::string seccomp_program_;
  // Where the program may be, in the order of PATH.
  std::vector<std::string> candidates_;
  // Into spec_, with a null at the end.
  std::vector<char*> argv_;
  std::vector<char*> envp_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_LAUNCHER_PROCESS_IMAGE_H_
