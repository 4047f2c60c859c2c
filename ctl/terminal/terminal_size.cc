#include "ctl/terminal/terminal_size.h"

#include <sys/ioctl.h>

namespace gantry::ctl {

std::optional<TerminalSize> SizeOfTerminal(int fd) {
  winsize size = {};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 ||
      size.ws_col == 0) {
    return std::nullopt;
  }
  return TerminalSize{size.ws_row, size.ws_col};
}

}  // namespace gantry::ctl
