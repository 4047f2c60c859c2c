// gMock matchers for absl::Status and absl::StatusOr.
//
//   EXPECT_THAT(store.Delete(digest), IsOk());
//   EXPECT_THAT(store.Stat(digest), StatusIs(absl::StatusCode::kNotFound));

#ifndef GANTRY_COMMON_TESTING_STATUS_MATCHERS_H_
#define GANTRY_COMMON_TESTING_STATUS_MATCHERS_H_

#include <gmock/gmock.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gantry::testing {

inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}

template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& status_or) {
  return status_or.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).ok();
}

MATCHER_P(StatusIs, code, "has code " + absl::StatusCodeToString(code)) {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).code() == code;
}

}  // namespace gantry::testing

#endif  // GANTRY_COMMON_TESTING_STATUS_MATCHERS_H_
