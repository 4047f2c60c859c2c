// gantry-shim --socket SOCKET --run_dir RUN
//
// Forks a shim for each container that the runtime service asks for on SOCKET.

#include <stdio.h>

#include <cstring>
#include <string>

#include "absl/status/status.h"
#include "services/runtime/shim/sealed_program.h"
#include "services/runtime/shim/zygote.h"

int main(int argc, char** argv) {
  std::string socket_path;
  std::string run_dir;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--socket") == 0) socket_path = argv[i + 1];
    if (std::strcmp(argv[i], "--run_dir") == 0) run_dir = argv[i + 1];
  }
  if (socket_path.empty() || run_dir.empty()) {
    ::fprintf(stderr, "usage: gantry-shim --socket SOCKET --run_dir RUN\n");
    return 2;
  }
  const absl::Status sealed = gantry::runtime::RunFromSealedCopy(argv);
  if (!sealed.ok()) {
    ::fprintf(stderr, "gantry-shim: %s\n", sealed.ToString().c_str());
  }
  return gantry::runtime::RunZygote(socket_path, run_dir);
}
