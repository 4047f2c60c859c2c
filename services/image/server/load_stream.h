// LoadStream joins a LoadImages call and the importer: the chunks that the
// client sends are the archive's bytes, and what happens goes back as events.
//
// Threads: the ByteSource by one thread at a time, which need not be the
// call's; SendLoadedImage by any.

#ifndef GANTRY_SERVICES_IMAGE_SERVER_LOAD_STREAM_H_
#define GANTRY_SERVICES_IMAGE_SERVER_LOAD_STREAM_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/sync_stream.h>

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/sync/mutex.h"
#include "gantry/image/v1/image_service.grpc.pb.h"
#include "services/image/layer/byte_source.h"
#include "services/image/transfer/image_sink.h"

namespace gantry::image {

class LoadStream : public ByteSource {
 public:
  using Stream =
      grpc::ServerReaderWriter<v1::LoadImagesResponse, v1::LoadImagesRequest>;

  // Both must outlive this object.
  LoadStream(grpc::ServerContext& context, Stream& stream)
      : context_(context), stream_(stream) {}

  // CANCELLED: the client went away.
  // INVALID_ARGUMENT: a chunk of more than 1 MiB.
  absl::StatusOr<absl::string_view> Next() override;

  void SendLoadedImage(const ImportedImage& image);

 private:
  // At most ten a second.
  void SendProgress();

  grpc::ServerContext& context_;
  Stream& stream_;
  v1::LoadImagesRequest request_;
  absl::Status failure_;
  bool ended_ = false;
  int64_t read_bytes_ = 0;
  absl::Time last_progress_ = absl::InfinitePast();
  // A stream takes one Write at a time.
  Mutex write_mu_;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_SERVER_LOAD_STREAM_H_
