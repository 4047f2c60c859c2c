// Records with every field set, as they stand in the dumps of past versions.
// What a released dump holds must stay as it is here.

#ifndef GANTRY_TESTS_COMPAT_STORE_SAMPLES_H_
#define GANTRY_TESTS_COMPAT_STORE_SAMPLES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/kv/kv_store.h"
#include "services/image/metadata/image_store.h"
#include "services/runtime/container/container_store.h"

namespace gantry {

image::Image SampleImage();
image::Snapshot SampleSnapshot();
runtime::StoredContainer SampleContainer();
runtime::StoredRequest SampleRequest();

// A store as text: lines of family, key and value, tab between them, key and
// value in hex.
absl::StatusOr<std::string> DumpStore(KvStore& store,
                                      const std::vector<std::string>& families);
absl::Status FillStore(absl::string_view dump, KvStore& store);

}  // namespace gantry

#endif  // GANTRY_TESTS_COMPAT_STORE_SAMPLES_H_
