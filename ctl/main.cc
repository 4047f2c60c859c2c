// ctl: the command line of Gantry.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "ctl/commands/application.h"
#include "ctl/terminal/standard_streams.h"

namespace {

// A standard stream that is closed would be given to the first file that is
// opened. gRPC opens some before main, hence a constructor, ahead of all that
// have no priority.
[[gnu::constructor(101)]] void OpenClosedStreams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) open("/dev/null", O_RDWR);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0),
                                           argv + argc);
  const int exit_code = gantry::ctl::RunApplication(
      arguments, gantry::ctl::StandardStreams(), /*client=*/nullptr);
  // Output is unbuffered; gRPC's threads need not be waited for.
  _exit(exit_code);
}
