// A terminal for tests: what is written to one end is typed at the other.
//
// Threads: one at a time.

#ifndef GANTRY_CTL_TERMINAL_PSEUDO_TERMINAL_H_
#define GANTRY_CTL_TERMINAL_PSEUDO_TERMINAL_H_

#include <termios.h>

#include <string>

#include "common/fs/unique_fd.h"
#include "ctl/terminal/terminal_size.h"

namespace gantry::ctl {

class PseudoTerminal {
 public:
  PseudoTerminal();

  // The end that programs have as their terminal.
  int fd() const { return terminal_.get(); }
  void Type(const std::string& keys);
  // What programs wrote up to and with `text`; waits for it.
  std::string ReadUntil(const std::string& text);
  void Resize(const TerminalSize& size);
  termios Attributes() const;

 private:
  UniqueFd keyboard_;
  UniqueFd terminal_;
};

// Whether input goes through unchanged, and at once.
bool IsRaw(const termios& attributes);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_TERMINAL_PSEUDO_TERMINAL_H_
