#include "services/runtime/shim/process_io.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "common/fs/temp_dir.h"
#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;

class ProcessIoTest : public ::testing::Test {
 protected:
  // As in a shim.
  void SetUp() override { ::signal(SIGPIPE, SIG_IGN); }

  std::unique_ptr<ProcessIo> Open(bool terminal, bool open_stdin) {
    ProcessIo::Options options;
    options.terminal = terminal;
    options.open_stdin = open_stdin;
    options.work_dir = dir_.path();
    options.name = "a.console";
    auto io = ProcessIo::Open(options);
    EXPECT_THAT(io, IsOk());
    return *std::move(io);
  }

  // As an OCI runtime does: makes a terminal and hands it over. Returns its
  // other side.
  UniqueFd HandTerminalOver(const std::string& socket_path) {
    UniqueFd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    ::grantpt(master.get());
    ::unlockpt(master.get());
    UniqueFd other(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY));
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    socket_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address),
                        sizeof(address)),
              0)
        << socket_path;
    char byte = 0;
    iovec data = {&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr header = {};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof(control);
    cmsghdr* item = CMSG_FIRSTHDR(&header);
    item->cmsg_level = SOL_SOCKET;
    item->cmsg_type = SCM_RIGHTS;
    item->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = master.get();
    ::memcpy(CMSG_DATA(item), &fd, sizeof(fd));
    EXPECT_EQ(::sendmsg(socket.get(), &header, 0), 1);
    return other;
  }

  static std::string ReadAll(ProcessIo& io, int stream) {
    std::string all;
    pollfd item = {io.output_fd(stream), POLLIN, 0};
    ::poll(&item, 1, 1000);
    io.ReadOutput(stream, [&](absl::string_view data) {
      all.append(data.data(), data.size());
      return true;
    });
    return all;
  }

  TempDir dir_ = TempDir::Create("/tmp").value();
};

TEST_F(ProcessIoTest, PipesCarryOutputUntilTheyAreClosed) {
  auto io = Open(false, false);
  const OciRuntime::Stdio stdio = io->stdio();
  UniqueFd out(::fcntl(stdio.out, F_DUPFD_CLOEXEC, 3));
  char byte = 0;
  EXPECT_EQ(::read(stdio.in, &byte, 1), 0);
  ASSERT_THAT(io->TakeOver(), IsOk());
  ASSERT_EQ(::write(out.get(), "hello", 5), 5);
  EXPECT_EQ(ReadAll(*io, 0), "hello");
  EXPECT_EQ(ReadAll(*io, 1), "");
  EXPECT_FALSE(io->AllOutputEnded());
  out.reset();
  EXPECT_EQ(ReadAll(*io, 0), "");
  EXPECT_TRUE(io->AllOutputEnded());
}

TEST_F(ProcessIoTest, InputWaitsAndThenEnds) {
  auto io = Open(false, true);
  UniqueFd in(::fcntl(io->stdio().in, F_DUPFD_CLOEXEC, 3));
  ASSERT_THAT(io->TakeOver(), IsOk());
  const std::string input(300000, 'x');
  io->WriteInput(input);
  io->CloseInput();
  EXPECT_GT(io->pending_input_bytes(), 0u);
  EXPECT_GE(io->input_fd(), 0);
  size_t got = 0;
  char buffer[65536];
  while (true) {
    const ssize_t count = ::read(in.get(), buffer, sizeof(buffer));
    if (count <= 0) break;
    got += static_cast<size_t>(count);
    io->FlushInput();
  }
  EXPECT_EQ(got, input.size());
  EXPECT_EQ(io->input_fd(), -1);
}

TEST_F(ProcessIoTest, InputThatNobodyReadsAnyMoreIsDropped) {
  auto io = Open(false, true);
  ASSERT_THAT(io->TakeOver(), IsOk());
  io->WriteInput("x");
  EXPECT_EQ(io->pending_input_bytes(), 0u);
  io->WriteInput("y");
  EXPECT_EQ(io->input_fd(), -1);
}

TEST_F(ProcessIoTest, ATerminalIsTakenOver) {
  auto io = Open(true, true);
  const UniqueFd other = HandTerminalOver(io->stdio().console_socket);
  ASSERT_THAT(io->TakeOver(), IsOk());
  io->Resize({12, 34});
  winsize window = {};
  ASSERT_EQ(::ioctl(other.get(), TIOCGWINSZ, &window), 0);
  EXPECT_EQ(window.ws_row, 12);
  EXPECT_EQ(window.ws_col, 34);
  io->WriteInput("ab\n");
  char line[8] = {};
  EXPECT_EQ(::read(other.get(), line, sizeof(line)), 3);
  EXPECT_STREQ(line, "ab\n");
  // The terminal echoes.
  EXPECT_EQ(ReadAll(*io, 0), "ab\r\n");
  EXPECT_EQ(io->output_fd(1), -1);
}

TEST_F(ProcessIoTest, ATerminalThatNobodyHasOpenIsAtItsEnd) {
  auto io = Open(true, false);
  UniqueFd other = HandTerminalOver(io->stdio().console_socket);
  ASSERT_THAT(io->TakeOver(), IsOk());
  other.reset();
  EXPECT_EQ(ReadAll(*io, 0), "");
  EXPECT_TRUE(io->AllOutputEnded());
}

TEST_F(ProcessIoTest, ARuntimeThatMakesNoTerminalIsAnError) {
  auto io = Open(true, false);
  EXPECT_FALSE(io->TakeOver().ok());
}

}  // namespace
}  // namespace gantry::runtime
