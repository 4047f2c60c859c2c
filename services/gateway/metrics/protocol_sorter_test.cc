#include "services/gateway/metrics/protocol_sorter.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <future>
#include <string>

namespace gantry::gateway {
namespace {

class ProtocolSorterTest : public ::testing::Test {
 protected:
  // The client's end; what the other is taken for comes as a future.
  UniqueFd Connect(std::future<std::string>& kind) {
    std::array<int, 2> ends;
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    auto promise = std::make_shared<std::promise<std::string>>();
    kind = promise->get_future();
    sorter_.Add(
        UniqueFd(ends[1]), [promise](UniqueFd) { promise->set_value("2"); },
        [promise](UniqueFd) { promise->set_value("1"); });
    return UniqueFd(ends[0]);
  }

  static void Send(const UniqueFd& fd, const std::string& text) {
    EXPECT_EQ(::send(fd.get(), text.data(), text.size(), 0),
              static_cast<ssize_t>(text.size()));
  }

  ProtocolSorter sorter_;
};

TEST_F(ProtocolSorterTest, SilentConnectionHoldsNobodyUp) {
  std::future<std::string> silent;
  std::future<std::string> http2;
  std::future<std::string> http1;
  const UniqueFd first = Connect(silent);
  const UniqueFd second = Connect(http2);
  const UniqueFd third = Connect(http1);
  Send(second, "PR");
  Send(third, "GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(http1.get(), "1");
  Send(second, "I * HTTP/2.0\r\n");
  EXPECT_EQ(http2.get(), "2");
}

}  // namespace
}  // namespace gantry::gateway
