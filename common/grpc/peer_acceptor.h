// Accepts connections on a unix socket itself, so that the kernel's word on who
// is at the other end (SO_PEERCRED) is known, and hands them to a gRPC server.
//
//   acceptor = PeerAcceptor::Listen(options);
//   acceptor->Serve(*server);
//   ... in a call: acceptor->PeerOf(context->peer())
//
// A call's peer() is then "fd:N". A number is used again only after its
// connection is closed, and the new peer is entered before the server sees the
// connection.
//
// Threads: Serve and StopAccepting from one thread; PeerOf from any.

#ifndef GANTRY_COMMON_GRPC_PEER_ACCEPTOR_H_
#define GANTRY_COMMON_GRPC_PEER_ACCEPTOR_H_

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/fs/unique_fd.h"
#include "common/sync/mutex.h"

namespace grpc {
class Server;
}

namespace gantry {

struct Peer {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
};

class PeerAcceptor {
 public:
  struct Options {
    std::string socket_path;
    mode_t mode = 0600;
    // Group of the socket; -1 leaves it.
    gid_t gid = static_cast<gid_t>(-1);
    // Connections of others are closed at once; empty admits all.
    std::function<bool(const Peer&)> admit;
    // Sees each admitted connection first, on the acceptor's thread. What it
    // takes (by moving the descriptor out) does not reach gRPC by itself: Pass
    // does that later.
    std::function<void(UniqueFd& connection, const Peer& peer)> divert;
  };

  // Makes the socket, in place of one that nobody listens on any more.
  //
  // ALREADY_EXISTS: another process listens on it.
  static absl::StatusOr<std::unique_ptr<PeerAcceptor>> Listen(Options options);

  ~PeerAcceptor();
  PeerAcceptor(const PeerAcceptor&) = delete;
  PeerAcceptor& operator=(const PeerAcceptor&) = delete;

  // Accepts from now on, on a thread of its own. The server must outlive
  // StopAccepting.
  void Serve(grpc::Server& server);

  // Hands a connection that `divert` took to gRPC after all.
  void Pass(UniqueFd connection, const Peer& peer);

  // Who is at the other end of a call, by its context's peer(); none if the
  // connection did not come through this acceptor.
  std::optional<Peer> PeerOf(absl::string_view grpc_peer);

  // Takes no more connections and removes the socket. Connections go on.
  void StopAccepting();

 private:
  PeerAcceptor(Options options, UniqueFd listener, UniqueFd wakeup);
  void Loop();
  void AcceptOne();

  const Options options_;
  UniqueFd listener_;
  UniqueFd wakeup_;
  grpc::Server* server_ = nullptr;
  std::thread thread_;
  Mutex mu_;
  std::map<int, Peer> peers_ ABSL_GUARDED_BY(mu_);
};

}  // namespace gantry

#endif  // GANTRY_COMMON_GRPC_PEER_ACCEPTOR_H_
