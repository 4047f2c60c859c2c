// ctl: the command line of Gantry.

#include <unistd.h>

#include <string>
#include <vector>

#include "ctl/commands/application.h"
#include "ctl/output/console.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0),
                                           argv + argc);
  const int exit_code = gantry::ctl::RunApplication(
      arguments, gantry::ctl::Console(), /*client=*/nullptr);
  // Output is unbuffered; gRPC's threads need not be waited for.
  _exit(exit_code);
}
