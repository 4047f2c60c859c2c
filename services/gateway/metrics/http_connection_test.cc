#include "services/gateway/metrics/http_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

namespace gantry::gateway {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

absl::StatusOr<std::string> Handle(absl::string_view path) {
  if (path == "/metrics") return std::string("a 1\n");
  if (path == "/away") return absl::UnavailableError("away");
  return absl::NotFoundError("no such page");
}

std::string Exchange(const std::string& request) {
  std::array<int, 2> ends;
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  const UniqueFd client(ends[0]);
  EXPECT_EQ(::send(client.get(), request.data(), request.size(), 0),
            static_cast<ssize_t>(request.size()));
  ::shutdown(client.get(), SHUT_WR);
  ServeHttp(UniqueFd(ends[1]), Handle);
  std::string answer(65536, '\0');
  answer.resize(static_cast<size_t>(
      ::recv(client.get(), answer.data(), answer.size(), 0)));
  return answer;
}

TEST(HttpConnectionTest, GetGivesTheBody) {
  const std::string answer =
      Exchange("GET /metrics?x=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 4\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\na 1\n"));
}

TEST(HttpConnectionTest, ErrorsHaveTheirCodes) {
  EXPECT_THAT(Exchange("GET /x HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(Exchange("GET /away HTTP/1.1\r\n\r\n"),
              StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(Exchange("POST /metrics HTTP/1.1\r\n\r\n"),
              StartsWith("HTTP/1.1 405"));
}

TEST(HttpConnectionTest, GarbageIsABadRequest) {
  EXPECT_THAT(Exchange("garbage\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Exchange(""), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Exchange("GET /" + std::string(20000, 'a')),
              StartsWith("HTTP/1.1 400"));
}

}  // namespace
}  // namespace gantry::gateway
