// Leaves the calling function with an error, or goes on with a value.
//
//   GANTRY_RETURN_IF_ERROR(store.Delete(digest));
//   GANTRY_ASSIGN_OR_RETURN(const BlobInfo info, store.Stat(digest));

#ifndef GANTRY_COMMON_STATUS_STATUS_MACROS_H_
#define GANTRY_COMMON_STATUS_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define GANTRY_RETURN_IF_ERROR(expr)                                \
  do {                                                              \
    if (absl::Status gantry_status = (expr); !gantry_status.ok()) { \
      return gantry_status;                                         \
    }                                                               \
  } while (false)

#define GANTRY_ASSIGN_OR_RETURN(lhs, expr) \
  GANTRY_ASSIGN_OR_RETURN_IMPL_(GANTRY_CONCAT_(gantry_or_, __LINE__), lhs, expr)

#define GANTRY_CONCAT_INNER_(a, b) a##b
#define GANTRY_CONCAT_(a, b) GANTRY_CONCAT_INNER_(a, b)
#define GANTRY_ASSIGN_OR_RETURN_IMPL_(tmp, lhs, expr) \
  auto tmp = (expr);                                  \
  if (!tmp.ok()) return std::move(tmp).status();      \
  lhs = std::move(tmp).value()

#endif  // GANTRY_COMMON_STATUS_STATUS_MACROS_H_
