#include "services/image/server/proto_convert.h"

#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/time/time.h"

namespace gantry::image {
namespace {

void SetTimestamp(absl::Time time, google::protobuf::Timestamp& timestamp) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

}  // namespace

v1::Image ToProto(const Image& image) {
  v1::Image proto;
  proto.set_id(image.id.ToString());
  for (const std::string& name : image.names) {
    if (absl::StrContains(name, '@')) {
      proto.add_repo_digests(name);
    } else {
      proto.add_names(name);
    }
  }
  proto.set_manifest_digest(image.manifest_digest.ToString());
  if (image.created_at.has_value()) {
    SetTimestamp(*image.created_at, *proto.mutable_created_at());
  }
  proto.set_size_bytes(image.size_bytes);
  proto.mutable_platform()->set_os(image.platform.os);
  proto.mutable_platform()->set_architecture(image.platform.architecture);
  proto.mutable_platform()->set_variant(image.platform.variant);
  proto.mutable_labels()->insert(image.labels.begin(), image.labels.end());
  proto.set_container_count(image.container_count);
  for (const oci::Digest& diff_id : image.diff_ids) {
    proto.add_diff_ids(diff_id.ToString());
  }
  SetTimestamp(image.stored_at, *proto.mutable_stored_at());
  return proto;
}

oci::Platform FromProto(const types::v1::Platform& platform) {
  oci::Platform result = oci::HostPlatform();
  if (!platform.os().empty()) result.os = platform.os();
  if (!platform.architecture().empty()) {
    result.architecture = platform.architecture();
    result.variant = platform.variant();
  }
  return result;
}

Credentials FromProto(const v1::RegistryCredentials& credentials) {
  return {credentials.username(), credentials.password(),
          credentials.identity_token()};
}

}  // namespace gantry::image
