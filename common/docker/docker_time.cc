#include "common/docker/docker_time.h"

namespace gantry::docker {

absl::Time ToTime(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) +
         absl::Nanoseconds(timestamp.nanos());
}

std::string PrintTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

std::string PrintTime(const google::protobuf::Timestamp& timestamp) {
  return PrintTime(ToTime(timestamp));
}

}  // namespace gantry::docker
