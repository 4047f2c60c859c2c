// Times as Docker's JSON has them.
//
// Threads: free functions.

#ifndef GANTRY_COMMON_DOCKER_DOCKER_TIME_H_
#define GANTRY_COMMON_DOCKER_DOCKER_TIME_H_

#include <string>

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace gantry::docker {

absl::Time ToTime(const google::protobuf::Timestamp& timestamp);

// What stands for a time that has not come: the first day of the year 1.
constexpr char kNever[] = "0001-01-01T00:00:00Z";

// UTC, with as many digits of the second as it has: "2026-11-27T17:02:11.5Z".
std::string PrintTime(absl::Time time);
std::string PrintTime(const google::protobuf::Timestamp& timestamp);

}  // namespace gantry::docker

#endif  // GANTRY_COMMON_DOCKER_DOCKER_TIME_H_
