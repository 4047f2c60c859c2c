#include "ctl/commands/container_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <vector>

#include "absl/strings/match.h"
#include "common/fs/unique_fd.h"
#include "common/status/error.h"
#include "common/sync/mutex.h"
#include "common/testing/status_matchers.h"
#include "ctl/terminal/pseudo_terminal.h"

namespace gantry::ctl {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

// A process that ends when it reads "exit", with code 3.
class FakeAttachment final : public Attachment {
 public:
  absl::StatusOr<int> ReadUntilExit(const Events& events) override {
    events.on_opened();
    events.on_output(runtime::v1::OUTPUT_STREAM_STDOUT, "prompt> ");
    MutexLock lock(mu_);
    while (!left_ && !breaks_ && !absl::StrContains(input_, "exit")) {
      changed_.wait(lock);
    }
    if (breaks_) {
      return Error(absl::StatusCode::kDataLoss, "ATTACH_BROKEN", "broken");
    }
    if (left_) return absl::CancelledError("left");
    return 3;
  }
  bool SendInput(std::string bytes) override {
    MutexLock lock(mu_);
    input_ += bytes;
    changed_.notify_all();
    return true;
  }
  bool SendSize(const TerminalSize& size) override {
    MutexLock lock(mu_);
    size_ = size;
    changed_.notify_all();
    return true;
  }
  void EndInput() override { SendInput("<end>"); }
  void Leave() override {
    MutexLock lock(mu_);
    left_ = true;
    changed_.notify_all();
  }
  void Break() {
    MutexLock lock(mu_);
    breaks_ = true;
    changed_.notify_all();
  }
  void WaitForSize(const TerminalSize& size) {
    MutexLock lock(mu_);
    while (!(size_ == size)) changed_.wait(lock);
  }
  std::string input() {
    MutexLock lock(mu_);
    return input_;
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::string input_ ABSL_GUARDED_BY(mu_);
  TerminalSize size_ ABSL_GUARDED_BY(mu_);
  bool left_ ABSL_GUARDED_BY(mu_) = false;
  bool breaks_ ABSL_GUARDED_BY(mu_) = false;
};

class ContainerSessionTest : public ::testing::Test {
 protected:
  ContainerSessionTest() {
    terminal_.Resize({24, 80});
    options_.tty = true;
    options_.input = true;
    options_.detach_keys = "\x10\x11";
  }

  const std::unique_ptr<GatewayClient> client_ =
      *GatewayClient::Create("unix:///nowhere");
  PseudoTerminal terminal_;
  const UniqueFd error_{memfd_create("error", MFD_CLOEXEC)};
  const StandardStreams streams_ = {terminal_.fd(), terminal_.fd(),
                                    error_.get()};
  const Console console_ = streams_.MakeConsole();
  const CommandContext context_ = {*client_, console_, streams_};
  ContainerSession::Options options_;
  FakeAttachment attachment_;
};

TEST_F(ContainerSessionTest, TheTerminalIsRawMeanwhileAndOnlyThen) {
  ContainerSession session(context_, options_);
  EXPECT_FALSE(IsRaw(terminal_.Attributes()));
  const auto end = session.Run(attachment_, [&] {
    EXPECT_TRUE(IsRaw(terminal_.Attributes()));
    terminal_.Type("\x03 exit\r");
  });
  ASSERT_THAT(end, IsOk());
  EXPECT_FALSE(end->detached);
  EXPECT_EQ(end->exit_code, 3);
  EXPECT_EQ(attachment_.input(), "\x03 exit\r");
  EXPECT_EQ(terminal_.ReadUntil("> "), "prompt> ");
  EXPECT_FALSE(IsRaw(terminal_.Attributes()));
}

TEST_F(ContainerSessionTest, TheDetachKeysLeaveItRunning) {
  ContainerSession session(context_, options_);
  const auto end =
      session.Run(attachment_, [&] { terminal_.Type("ls\r\x10\x11 exit"); });
  ASSERT_THAT(end, IsOk());
  EXPECT_TRUE(end->detached);
  EXPECT_EQ(end->exit_code, 0);
  EXPECT_EQ(attachment_.input(), "ls\r");
  char text[100] = "";
  EXPECT_GT(pread(error_.get(), text, sizeof(text) - 1, 0), 0);
  EXPECT_STREQ(text, "read escape sequence\n");
  EXPECT_FALSE(IsRaw(terminal_.Attributes()));
}

TEST_F(ContainerSessionTest, ABrokenConnectionRestoresTheTerminal) {
  ContainerSession session(context_, options_);
  EXPECT_THAT(session.Run(attachment_, [&] { attachment_.Break(); }),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_FALSE(IsRaw(terminal_.Attributes()));
}

TEST_F(ContainerSessionTest, SizesAreSentAtTheStartAndWhenTheyChange) {
  ContainerSession session(context_, options_);
  runtime::v1::AttachOpen open;
  session.FillIn(&open);
  EXPECT_TRUE(open.stdin());
  EXPECT_EQ(open.terminal_size().rows(), 24u);
  EXPECT_EQ(open.terminal_size().columns(), 80u);
  const auto end = session.Run(attachment_, [&] {
    terminal_.Resize({50, 132});
    raise(SIGWINCH);
    attachment_.WaitForSize({50, 132});
    terminal_.Type("exit");
  });
  EXPECT_THAT(end, IsOk());
}

TEST_F(ContainerSessionTest, WithoutInputTheTerminalIsLeftAlone) {
  options_.input = false;
  ContainerSession session(context_, options_);
  EXPECT_FALSE(session.is_raw());
  EXPECT_THAT(session.CheckInput(), IsOk());
  runtime::v1::ExecOpen open;
  session.FillIn(&open);
  EXPECT_FALSE(open.stdin());
  EXPECT_TRUE(open.has_terminal_size());
  const auto end = session.Run(attachment_, [&] {
    EXPECT_FALSE(IsRaw(terminal_.Attributes()));
    attachment_.Break();
  });
  EXPECT_FALSE(end.ok());
  EXPECT_EQ(attachment_.input(), "");
}

TEST_F(ContainerSessionTest, WithNeitherNothingWillBeSent) {
  options_.input = false;
  options_.tty = false;
  ContainerSession session(context_, options_);
  EXPECT_FALSE(session.terminal_size().has_value());
  EXPECT_FALSE(session.Run(attachment_, [&] { attachment_.Break(); }).ok());
  EXPECT_EQ(attachment_.input(), "<end>");
}

TEST_F(ContainerSessionTest, WithoutATerminalInTheContainerKeysAreBytes) {
  options_.tty = false;
  ContainerSession session(context_, options_);
  EXPECT_FALSE(session.is_raw());
  terminal_.Type(
      "\x16\x10\x16\x11 exit\n");  // Ctrl-V: the next is a character.
  EXPECT_THAT(session.Run(attachment_, [] {}), IsOk());
  EXPECT_EQ(attachment_.input(), "\x10\x11 exit\n");
}

}  // namespace
}  // namespace gantry::ctl
