#include "services/gateway/metrics/http_connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>
#include <sstream>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace gantry::gateway {
namespace {

namespace http = boost::beast::http;

constexpr absl::Duration kPatience = absl::Seconds(5);
constexpr size_t kMaxHeaderBytes = 16 << 10;
constexpr char kTextFormat[] = "text/plain; version=0.0.4; charset=utf-8";

bool WaitFor(int fd, short events, absl::Time deadline) {
  pollfd waited{fd, events, 0};
  const auto left = absl::ToInt64Milliseconds(deadline - absl::Now());
  return left > 0 && ::poll(&waited, 1, static_cast<int>(left)) > 0;
}

// None if the other side sent no request in time, or no HTTP.
std::optional<http::request<http::empty_body>> ReadRequest(int fd) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(kMaxHeaderBytes);
  std::string buffered;
  const absl::Time deadline = absl::Now() + kPatience;
  std::array<char, 4096> chunk;
  while (!parser.is_header_done()) {
    if (!WaitFor(fd, POLLIN, deadline)) return std::nullopt;
    const ssize_t got = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (got <= 0) return std::nullopt;
    buffered.append(chunk.data(), static_cast<size_t>(got));
    boost::system::error_code error;
    const size_t used = parser.put(boost::asio::buffer(buffered), error);
    if (error && error != http::error::need_more) return std::nullopt;
    buffered.erase(0, used);
    if (buffered.size() > kMaxHeaderBytes) return std::nullopt;
  }
  return parser.release();
}

void SendAll(int fd, absl::string_view data) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (!data.empty()) {
    const ssize_t sent =
        ::send(fd, data.data(), data.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      data.remove_prefix(static_cast<size_t>(sent));
    } else if (!WaitFor(fd, POLLOUT, deadline)) {
      return;
    }
  }
}

http::status StatusOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return http::status::not_found;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return http::status::service_unavailable;
    default:
      return http::status::internal_server_error;
  }
}

http::response<http::string_body> Answer(
    const http::request<http::empty_body>& request,
    const HttpHandler& handler) {
  http::response<http::string_body> response;
  response.version(11);
  response.set(http::field::content_type, kTextFormat);
  response.set(http::field::connection, "close");
  const bool head = request.method() == http::verb::head;
  if (!head && request.method() != http::verb::get) {
    response.result(http::status::method_not_allowed);
    response.body() = "only GET is answered here\n";
  } else {
    const auto target = request.target();
    const absl::string_view path(target.data(), target.size());
    const auto body = handler(path.substr(0, path.find('?')));
    response.result(body.ok() ? http::status::ok : StatusOf(body.status()));
    response.body() =
        body.ok() ? *body : std::string(body.status().message()) + "\n";
  }
  response.prepare_payload();
  if (head) response.body().clear();
  return response;
}

}  // namespace

void ServeHttp(UniqueFd connection, const HttpHandler& handler) {
  const auto request = ReadRequest(connection.get());
  if (!request.has_value()) {
    SendAll(connection.get(),
            "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: "
            "close\r\n\r\n");
    return;
  }
  const http::response<http::string_body> response = Answer(*request, handler);
  std::ostringstream text;
  text << response.base() << response.body();
  SendAll(connection.get(), text.str());
}

}  // namespace gantry::gateway
