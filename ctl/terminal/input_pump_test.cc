#include "ctl/terminal/input_pump.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <memory>

#include "common/sync/mutex.h"

namespace gantry::ctl {
namespace {

// What a pump said, in order: its bytes, then "$" for the end, "!" for the
// detachment, "~" for a change of size.
class Record {
 public:
  InputPump::Callbacks Callbacks() {
    return {[this](std::string bytes) {
              Add(bytes);
              return takes_bytes;
            },
            [this] { Add("$"); }, [this] { Add("!"); }, [this] { Add("~"); }};
  }
  // Waits for it.
  std::string Until(char last) {
    MutexLock lock(mu_);
    while (text_.empty() || text_.back() != last) changed_.wait(lock);
    return text_;
  }

  bool takes_bytes = true;

 private:
  void Add(const std::string& text) {
    MutexLock lock(mu_);
    text_ += text;
    changed_.notify_all();
  }

  Mutex mu_;
  CondVar changed_;
  std::string text_ ABSL_GUARDED_BY(mu_);
};

class InputPumpTest : public ::testing::Test {
 protected:
  InputPumpTest() {
    int fds[2];
    EXPECT_EQ(pipe2(fds, O_CLOEXEC), 0);
    read_end_.reset(fds[0]);
    write_end_.reset(fds[1]);
  }
  void Write(const std::string& text) {
    EXPECT_EQ(write(write_end_.get(), text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
  }

  UniqueFd read_end_;
  UniqueFd write_end_;
  Record record_;
};

TEST_F(InputPumpTest, PassesEverythingOnUpToTheEnd) {
  const InputPump pump(read_end_.get(), nullptr, "", record_.Callbacks());
  std::string all;
  for (int i = 0; i < 256; ++i) {
    if (i != '$') all.push_back(static_cast<char>(i));
  }
  Write(all);
  write_end_.reset();
  EXPECT_EQ(record_.Until('$'), all + "$");
}

TEST_F(InputPumpTest, IsDestroyedWhileItWaitsForInput) {
  const InputPump pump(read_end_.get(), nullptr, "", record_.Callbacks());
  Write("x");
  record_.Until('x');
}

TEST_F(InputPumpTest, DetachesAndReadsNoMore) {
  const InputPump pump(read_end_.get(), nullptr, "pq", record_.Callbacks());
  Write("ls\npqrest");
  EXPECT_EQ(record_.Until('!'), "ls\n!");
}

TEST_F(InputPumpTest, PassesHeldKeysOnAtTheEnd) {
  const InputPump pump(read_end_.get(), nullptr, "pq", record_.Callbacks());
  Write("ap");
  write_end_.reset();
  EXPECT_EQ(record_.Until('$'), "ap$");
}

TEST_F(InputPumpTest, TellsOfSizesAlsoAfterTheEnd) {
  ResizeWatch watch;
  const InputPump pump(read_end_.get(), &watch, "", record_.Callbacks());
  raise(SIGWINCH);
  EXPECT_EQ(record_.Until('~'), "~");
  write_end_.reset();
  EXPECT_EQ(record_.Until('$'), "~$");
  raise(SIGWINCH);
  EXPECT_EQ(record_.Until('~'), "~$~");
}

TEST_F(InputPumpTest, AClosedDescriptorAndTheNullDeviceAreAtTheEnd) {
  constexpr int kClosed = 900;  // So high that no other file gets it.
  {
    const InputPump pump(kClosed, nullptr, "", record_.Callbacks());
    EXPECT_EQ(record_.Until('$'), "$");
  }
  Record record;
  const UniqueFd null_device(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const InputPump pump(null_device.get(), nullptr, "", record.Callbacks());
  EXPECT_EQ(record.Until('$'), "$");
}

TEST_F(InputPumpTest, EndsWhenNobodyTakesTheBytes) {
  record_.takes_bytes = false;
  const InputPump pump(read_end_.get(), nullptr, "", record_.Callbacks());
  Write("x");
  EXPECT_EQ(record_.Until('x'), "x");
}

TEST(InputPumpWithoutInputTest, WaitsForSizesOnly) {
  ResizeWatch watch;
  Record record;
  const InputPump pump(-1, &watch, "", record.Callbacks());
  raise(SIGWINCH);
  EXPECT_EQ(record.Until('~'), "~");
}

}  // namespace
}  // namespace gantry::ctl
