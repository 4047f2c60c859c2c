#include "ctl/terminal/terminal_size.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include "ctl/terminal/pseudo_terminal.h"
#include "ctl/terminal/resize_watch.h"

namespace gantry::ctl {
namespace {

bool IsReadable(int fd) {
  pollfd ready = {fd, POLLIN, 0};
  return poll(&ready, 1, 0) == 1;
}

TEST(TerminalSizeTest, IsThatOfTheTerminal) {
  PseudoTerminal terminal;
  EXPECT_FALSE(SizeOfTerminal(terminal.fd()).has_value());
  terminal.Resize({24, 80});
  EXPECT_EQ(SizeOfTerminal(terminal.fd()), (TerminalSize{24, 80}));
  EXPECT_FALSE(SizeOfTerminal(-1).has_value());
}

TEST(ResizeWatchTest, IsReadableFromAChangeOnUntilItIsCleared) {
  ResizeWatch watch;
  EXPECT_FALSE(IsReadable(watch.fd()));
  raise(SIGWINCH);
  raise(SIGWINCH);
  EXPECT_TRUE(IsReadable(watch.fd()));
  watch.Clear();
  EXPECT_FALSE(IsReadable(watch.fd()));
}

}  // namespace
}  // namespace gantry::ctl
