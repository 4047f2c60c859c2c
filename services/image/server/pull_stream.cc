#include "services/image/server/pull_stream.h"

#include "common/oci/manifest.h"

namespace gantry::image {
namespace {

v1::LayerState ToProto(LayerState state) {
  switch (state) {
    case LayerState::kWaiting:
      return v1::LAYER_STATE_WAITING;
    case LayerState::kDownloading:
      return v1::LAYER_STATE_DOWNLOADING;
    case LayerState::kUnpacking:
      return v1::LAYER_STATE_UNPACKING;
    case LayerState::kComplete:
      return v1::LAYER_STATE_COMPLETE;
    case LayerState::kExists:
      return v1::LAYER_STATE_EXISTS;
    case LayerState::kRetrying:
      return v1::LAYER_STATE_RETRYING;
  }
  return v1::LAYER_STATE_UNSPECIFIED;
}

}  // namespace

void PullStream::OnResolved(const PullResolution& resolution) {
  v1::PullImageResponse response;
  v1::PullResolved& resolved = *response.mutable_resolved();
  resolved.set_name(resolution.name);
  resolved.set_digest(resolution.digest.ToString());
  for (const oci::Descriptor& layer : resolution.layers) {
    v1::PulledLayer& pulled = *resolved.add_layers();
    pulled.set_digest(layer.digest.ToString());
    pulled.set_size_bytes(layer.size_bytes);
  }
  Send(response);
}

void PullStream::OnLayer(const LayerProgress& progress) {
  v1::PullImageResponse response;
  v1::LayerProgress& layer = *response.mutable_layer();
  layer.set_digest(progress.digest.ToString());
  layer.set_state(ToProto(progress.state));
  layer.set_downloaded_bytes(progress.downloaded_bytes);
  layer.set_reason(progress.reason);
  Send(response);
}

void PullStream::SendPulledImage(const PulledImage& pulled) {
  v1::PullImageResponse response;
  v1::PulledImage& image = *response.mutable_pulled_image();
  image.set_id(pulled.id.ToString());
  image.set_name(pulled.name);
  image.set_digest(pulled.digest.ToString());
  image.set_up_to_date(pulled.up_to_date);
  Send(response);
}

void PullStream::Send(const v1::PullImageResponse& response) {
  MutexLock lock(write_mu_);
  if (!writer_.Write(response)) is_gone_ = true;
}

}  // namespace gantry::image
