#include "services/image/server/load_stream.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace gantry::image {
namespace {

constexpr size_t kMaxChunkBytes = 1 << 20;
constexpr absl::Duration kProgressInterval = absl::Milliseconds(100);

}  // namespace

absl::StatusOr<absl::string_view> LoadStream::Next() {
  if (!failure_.ok()) return failure_;
  // Empty chunks would look like the end.
  while (!ended_) {
    if (!stream_.Read(&request_)) {
      ended_ = true;
      if (context_.IsCancelled()) {
        failure_ = absl::CancelledError("the client cancelled the load");
        return failure_;
      }
      break;
    }
    if (request_.chunk().size() > kMaxChunkBytes) {
      failure_ = absl::InvalidArgumentError(
          absl::StrCat("a chunk of ", request_.chunk().size(),
                       " bytes; at most ", kMaxChunkBytes, " are allowed"));
      return failure_;
    }
    if (request_.chunk().empty()) continue;
    read_bytes_ += static_cast<int64_t>(request_.chunk().size());
    SendProgress();
    return absl::string_view(request_.chunk());
  }
  return absl::string_view();
}

void LoadStream::SendProgress() {
  const absl::Time now = absl::Now();
  if (now - last_progress_ < kProgressInterval) return;
  last_progress_ = now;
  v1::LoadImagesResponse response;
  response.mutable_progress()->set_read_bytes(read_bytes_);
  MutexLock lock(write_mu_);
  stream_.Write(response);
}

void LoadStream::SendLoadedImage(const ImportedImage& image) {
  v1::LoadImagesResponse response;
  v1::LoadedImage& loaded = *response.mutable_loaded_image();
  loaded.set_id(image.config_digest.ToString());
  for (const std::string& name : image.names) loaded.add_names(name);
  MutexLock lock(write_mu_);
  stream_.Write(response);
}

}  // namespace gantry::image
