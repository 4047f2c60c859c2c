// How many characters a terminal shows.
//
// Threads: a value and a free function.

#ifndef GANTRY_CTL_TERMINAL_TERMINAL_SIZE_H_
#define GANTRY_CTL_TERMINAL_TERMINAL_SIZE_H_

#include <cstdint>
#include <optional>

namespace gantry::ctl {

struct TerminalSize {
  uint32_t rows = 0;
  uint32_t columns = 0;
};

inline bool operator==(const TerminalSize& a, const TerminalSize& b) {
  return a.rows == b.rows && a.columns == b.columns;
}

// Of the terminal behind `fd`; none if there is no terminal, or it does not
// know.
std::optional<TerminalSize> SizeOfTerminal(int fd);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_TERMINAL_TERMINAL_SIZE_H_
