#include "ctl/terminal/raw_mode.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "common/testing/status_matchers.h"
#include "ctl/terminal/pseudo_terminal.h"

namespace gantry::ctl {
namespace {

using ::gantry::testing::IsOk;

bool Same(const termios& a, const termios& b) {
  return a.c_iflag == b.c_iflag && a.c_oflag == b.c_oflag &&
         a.c_cflag == b.c_cflag && a.c_lflag == b.c_lflag &&
         std::memcmp(a.c_cc, b.c_cc, sizeof(a.c_cc)) == 0;
}

TEST(RawModeTest, TheTerminalIsAsBeforeAfterwards) {
  const PseudoTerminal terminal;
  const termios before = terminal.Attributes();
  EXPECT_FALSE(IsRaw(before));
  {
    const auto mode = RawMode::Enter(terminal.fd());
    ASSERT_THAT(mode, IsOk());
    EXPECT_TRUE(IsRaw(terminal.Attributes()));
  }
  EXPECT_TRUE(Same(terminal.Attributes(), before));
}

TEST(RawModeTest, WhatIsNoTerminalIsAnError) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  EXPECT_FALSE(RawMode::Enter(fds[0]).ok());
  EXPECT_FALSE(RawMode::Enter(-1).ok());
  close(fds[0]);
  close(fds[1]);
}

class RawModeSignalTest : public ::testing::TestWithParam<int> {};

TEST_P(RawModeSignalTest, EndsTheProcessAfterTheTerminalIsRestored) {
  const int number = GetParam();
  const PseudoTerminal terminal;
  const termios before = terminal.Attributes();
  const pid_t child = fork();
  if (child == 0) {
    const auto mode = RawMode::Enter(terminal.fd());
    if (mode.ok() && IsRaw(terminal.Attributes())) kill(getpid(), number);
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << status;
  EXPECT_EQ(WTERMSIG(status), number);
  EXPECT_TRUE(Same(terminal.Attributes(), before));
}

INSTANTIATE_TEST_SUITE_P(EndingSignals, RawModeSignalTest,
                         ::testing::Values(SIGINT, SIGTERM, SIGHUP, SIGQUIT,
                                           SIGPIPE, SIGABRT));

TEST(RawModeTest, AnIgnoredSignalStaysIgnored) {
  const PseudoTerminal terminal;
  signal(SIGHUP, SIG_IGN);
  {
    const auto mode = RawMode::Enter(terminal.fd());
    ASSERT_THAT(mode, IsOk());
    raise(SIGHUP);
    EXPECT_TRUE(IsRaw(terminal.Attributes()));
  }
  signal(SIGHUP, SIG_DFL);
}

}  // namespace
}  // namespace gantry::ctl
