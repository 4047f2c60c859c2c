// The three descriptors that a command line is started with.
//
// Threads: a value.

#ifndef GANTRY_CTL_TERMINAL_STANDARD_STREAMS_H_
#define GANTRY_CTL_TERMINAL_STANDARD_STREAMS_H_

#include "ctl/output/console.h"

namespace gantry::ctl {

struct StandardStreams {
  int input_fd = 0;
  int output_fd = 1;
  int error_fd = 2;

  Console MakeConsole() const { return Console(input_fd, output_fd, error_fd); }
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_TERMINAL_STANDARD_STREAMS_H_
