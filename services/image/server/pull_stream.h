// PullStream sends what happens in a pull to the client that asked for it.
//
// Threads: from any; events are sent one after the other.

#ifndef GANTRY_SERVICES_IMAGE_SERVER_PULL_STREAM_H_
#define GANTRY_SERVICES_IMAGE_SERVER_PULL_STREAM_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/sync_stream.h>

#include <atomic>

#include "common/sync/mutex.h"
#include "gantry/image/v1/image_service.grpc.pb.h"
#include "services/image/transfer/image_puller.h"

namespace gantry::image {

class PullStream : public PullObserver {
 public:
  using Writer = grpc::ServerWriter<v1::PullImageResponse>;

  // Both must outlive this object.
  PullStream(grpc::ServerContext& context, Writer& writer)
      : context_(context), writer_(writer) {}

  void OnResolved(const PullResolution& resolution) override;
  void OnLayer(const LayerProgress& progress) override;
  void SendPulledImage(const PulledImage& pulled);

  // Whether the client has left.
  bool IsCancelled() const { return is_gone_ || context_.IsCancelled(); }

 private:
  void Send(const v1::PullImageResponse& response);

  grpc::ServerContext& context_;
  Writer& writer_;
  std::atomic<bool> is_gone_ = false;
  // A stream takes one Write at a time.
  Mutex write_mu_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_SERVER_PULL_STREAM_H_
