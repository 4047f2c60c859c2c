// Runs this program from a copy in memory that nobody can change, so that a
// container which gets hold of /proc/PID/exe has nothing of the host's to
// overwrite (CVE-2019-5736).
//
// Threads: before there are others.

#ifndef GANTRY_SERVICES_RUNTIME_SHIM_SEALED_PROGRAM_H_
#define GANTRY_SERVICES_RUNTIME_SHIM_SEALED_PROGRAM_H_

#include "absl/status/status.h"

namespace gantry::runtime {

// Executes the copy with the same arguments; returns at once if this is it.
// After an error the program goes on from its file.
absl::Status RunFromSealedCopy(char** argv);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SHIM_SEALED_PROGRAM_H_
