#include "services/runtime/shim/frame.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fs/unique_fd.h"
#include "common/testing/status_matchers.h"
#include "gantry/shim/v1/shim.pb.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

TEST(FrameTest, MessagesComeOutWholeHoweverTheBytesCome) {
  shim::v1::Output output;
  output.set_data("abc");
  const std::string bytes = EncodeFrame(output) + EncodeFrame(output);
  FrameBuffer buffer;
  int messages = 0;
  for (char byte : bytes) {
    buffer.Append(absl::string_view(&byte, 1));
    while (buffer.Take().value().has_value()) ++messages;
  }
  EXPECT_EQ(messages, 2);
}

TEST(FrameTest, ALengthBeyondTheLimitIsRefused) {
  FrameBuffer buffer;
  buffer.Append("\xff\xff\xff\xff");
  EXPECT_THAT(buffer.Take(), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(FrameTest, ADescriptorTravelsWithItsMessage) {
  int sockets[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
  UniqueFd a(sockets[0]), b(sockets[1]);
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  UniqueFd read_end(pipe_ends[0]), write_end(pipe_ends[1]);
  shim::v1::Launch launch;
  launch.set_id("x");
  ASSERT_THAT(SendFrame(a.get(), launch, write_end.get()), IsOk());
  write_end.reset();
  FrameBuffer buffer;
  UniqueFd passed;
  ASSERT_THAT(ReceiveFrame(b.get(), buffer, &passed), IsOk());
  ASSERT_TRUE(passed.is_open());
  ASSERT_EQ(::write(passed.get(), "!", 1), 1);
  char byte = 0;
  ASSERT_EQ(::read(read_end.get(), &byte, 1), 1);
  EXPECT_EQ(byte, '!');
}

TEST(FrameTest, TheOtherSideGoingAwayIsUnavailable) {
  int sockets[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
  UniqueFd a(sockets[0]);
  ::close(sockets[1]);
  FrameBuffer buffer;
  EXPECT_THAT(ReceiveFrame(a.get(), buffer),
              StatusIs(absl::StatusCode::kUnavailable));
  shim::v1::Launch launch;
  launch.set_id("x");
  EXPECT_THAT(SendFrame(a.get(), launch),
              StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace gantry::runtime
