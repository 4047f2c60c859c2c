#include "services/runtime/shim/shim_connection.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "services/runtime/shim/shim_messages.h"
#include "services/runtime/shim/unix_socket.h"

namespace gantry::runtime {
namespace {

// A shim answers nobody while its OCI runtime runs, which it ends after 120 s.
constexpr absl::Duration kTimeout = absl::Seconds(150);

}  // namespace

ShimConnection::ShimConnection(UniqueFd socket) : socket_(std::move(socket)) {
  SetTimeout(kTimeout);
}

absl::StatusOr<std::unique_ptr<ShimConnection>> ShimConnection::Connect(
    const std::string& socket_path) {
  GANTRY_ASSIGN_OR_RETURN(UniqueFd socket, ConnectUnix(socket_path));
  auto connection = absl::WrapUnique(new ShimConnection(std::move(socket)));
  const absl::Status hello = connection->ReadHello();
  if (absl::IsUnavailable(hello)) {
    // It went away between our connecting and its accepting.
    return absl::NotFoundError(hello.message());
  }
  GANTRY_RETURN_IF_ERROR(hello);
  return connection;
}

absl::StatusOr<std::unique_ptr<ShimConnection>> ShimConnection::Launch(
    UniqueFd socket, const shim::v1::Launch& launch, int rootfs_fd) {
  auto connection = absl::WrapUnique(new ShimConnection(std::move(socket)));
  absl::Status greeted =
      SendFrame(connection->socket_.get(), launch, rootfs_fd);
  if (greeted.ok()) greeted = connection->ReadHello();
  if (absl::IsUnavailable(greeted)) {
    return absl::AbortedError("the zygote went away");
  }
  GANTRY_RETURN_IF_ERROR(greeted);
  GANTRY_ASSIGN_OR_RETURN(const shim::v1::Response response,
                          connection->ReadResponse(0));
  GANTRY_RETURN_IF_ERROR(FromResponse(response));
  connection->hello_.set_pid(response.pid());
  return connection;
}

absl::Status ShimConnection::ReadHello() {
  GANTRY_ASSIGN_OR_RETURN(shim::v1::Event event, ReadEvent());
  if (!event.has_hello() || event.hello().protocol_version() == 0) {
    return absl::InternalError("the shim has not said hello");
  }
  hello_ = std::move(*event.mutable_hello());
  return absl::OkStatus();
}

absl::Status ShimConnection::Call(shim::v1::Request request) {
  request.set_sequence(++last_sequence_);
  SetTimeout(kTimeout);
  GANTRY_RETURN_IF_ERROR(SendFrame(socket_.get(), request));
  GANTRY_ASSIGN_OR_RETURN(const shim::v1::Response response,
                          ReadResponse(request.sequence()));
  return FromResponse(response);
}

absl::Status ShimConnection::Send(const shim::v1::Request& request) {
  return SendFrame(socket_.get(), request);
}

absl::StatusOr<shim::v1::Response> ShimConnection::ReadResponse(
    uint64_t sequence) {
  while (true) {
    GANTRY_ASSIGN_OR_RETURN(shim::v1::Event event, ReadEvent());
    if (event.has_response() && event.response().sequence() == sequence) {
      SetTimeout(absl::ZeroDuration());
      return std::move(*event.mutable_response());
    }
  }
}

absl::StatusOr<shim::v1::Event> ShimConnection::ReadEvent() {
  GANTRY_ASSIGN_OR_RETURN(const std::string message,
                          ReceiveFrame(socket_.get(), buffer_));
  shim::v1::Event event;
  if (!event.ParseFromString(message)) {
    return absl::InternalError("the shim sent something else than an event");
  }
  return event;
}

void ShimConnection::SetTimeout(absl::Duration timeout) {
  const timeval value = absl::ToTimeval(timeout);
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &value, sizeof(value));
}

void ShimConnection::Shutdown() { ::shutdown(socket_.get(), SHUT_RDWR); }

}  // namespace gantry::runtime
