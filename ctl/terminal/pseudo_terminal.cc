#include "ctl/terminal/pseudo_terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace gantry::ctl {

PseudoTerminal::PseudoTerminal()
    : keyboard_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
  char name[128] = "";
  EXPECT_EQ(grantpt(keyboard_.get()), 0);
  EXPECT_EQ(unlockpt(keyboard_.get()), 0);
  EXPECT_EQ(ptsname_r(keyboard_.get(), name, sizeof(name)), 0);
  terminal_.reset(open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  EXPECT_TRUE(terminal_.is_open());
}

void PseudoTerminal::Type(const std::string& keys) {
  EXPECT_EQ(write(keyboard_.get(), keys.data(), keys.size()),
            static_cast<ssize_t>(keys.size()));
}

std::string PseudoTerminal::ReadUntil(const std::string& text) {
  std::string all;
  char buffer[4096];
  while (all.find(text) == std::string::npos) {
    const ssize_t got = read(keyboard_.get(), buffer, sizeof(buffer));
    if (got <= 0) break;
    all.append(buffer, static_cast<size_t>(got));
  }
  return all;
}

void PseudoTerminal::Resize(const TerminalSize& size) {
  winsize wanted = {};
  wanted.ws_row = static_cast<uint16_t>(size.rows);
  wanted.ws_col = static_cast<uint16_t>(size.columns);
  EXPECT_EQ(ioctl(terminal_.get(), TIOCSWINSZ, &wanted), 0);
}

termios PseudoTerminal::Attributes() const {
  termios attributes = {};
  EXPECT_EQ(tcgetattr(terminal_.get(), &attributes), 0);
  return attributes;
}

bool IsRaw(const termios& attributes) {
  return (attributes.c_lflag & (ICANON | ECHO | ISIG)) == 0 &&
         (attributes.c_oflag & OPOST) == 0;
}

}  // namespace gantry::ctl
