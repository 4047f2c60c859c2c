// Tells gRPC and plain HTTP apart on one socket, by the first bytes of a
// connection: HTTP/2 begins with "PRI ". A connection that has sent nothing
// waits here and holds nobody up.
//
// Threads: Add from any thread; the outlets are called on the sorter's thread
// or on Add's, and must not block.

#ifndef GANTRY_SERVICES_GATEWAY_METRICS_PROTOCOL_SORTER_H_
#define GANTRY_SERVICES_GATEWAY_METRICS_PROTOCOL_SORTER_H_

#include <functional>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "common/fs/unique_fd.h"
#include "common/sync/mutex.h"

namespace gantry::gateway {

class ProtocolSorter {
 public:
  using Outlet = std::function<void(UniqueFd connection)>;

  ProtocolSorter();
  ~ProtocolSorter();
  ProtocolSorter(const ProtocolSorter&) = delete;
  ProtocolSorter& operator=(const ProtocolSorter&) = delete;

  // Gives the connection to `http2` or `http1` once it is known. One that sends
  // nothing for 10 s is given to `http2`, whose owner has timeouts of its own.
  void Add(UniqueFd connection, Outlet http2, Outlet http1);

 private:
  struct Waiting {
    UniqueFd connection;
    Outlet http2;
    Outlet http1;
    absl::Time until;
  };

  void Loop();
  void SortReady();
  // Whether it is known what the connection speaks; then it was given away.
  static bool Sort(Waiting& waiting);

  UniqueFd wakeup_;
  Mutex mu_;
  std::vector<Waiting> added_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  // Of the thread alone.
  std::vector<Waiting> waiting_;
  std::thread thread_;
};

}  // namespace gantry::gateway

#endif  // GANTRY_SERVICES_GATEWAY_METRICS_PROTOCOL_SORTER_H_
