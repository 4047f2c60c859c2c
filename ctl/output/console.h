// The descriptors that a command talks to. Output is unbuffered and binary
// clean. A reader that has gone ends the program as SIGPIPE does (status 141).
//
// Threads: safe; writes of two threads to one descriptor may interleave.

#ifndef GANTRY_CTL_OUTPUT_CONSOLE_H_
#define GANTRY_CTL_OUTPUT_CONSOLE_H_

#include "absl/strings/string_view.h"

namespace gantry::ctl {

class Console {
 public:
  Console() = default;
  Console(int input_fd, int output_fd, int error_fd)
      : input_fd_(input_fd), output_fd_(output_fd), error_fd_(error_fd) {}

  void Out(absl::string_view text) const { Write(output_fd_, text); }
  void Err(absl::string_view text) const { Write(error_fd_, text); }
  int input_fd() const { return input_fd_; }

 private:
  static void Write(int fd, absl::string_view text);

  int input_fd_ = 0;
  int output_fd_ = 1;
  int error_fd_ = 2;
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_CONSOLE_H_
