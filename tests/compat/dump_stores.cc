// Writes the samples through this version's stores and prints what is then in
// them:
//
//   dump_stores image|runtime > tests/compat/testdata/<which>_store_v<N>.txt
//
// Run when a version is released whose records differ; old dumps stay.

#include <cstdio>
#include <string>

#include "common/kv/fake_kv_store.h"
#include "services/image/metadata/kv_image_store.h"
#include "services/runtime/container/kv_container_store.h"
#include "tests/compat/store_samples.h"

namespace gantry {
namespace {

absl::StatusOr<std::string> DumpImageStore() {
  FakeKvStore kv;
  image::KvImageStore store(kv);
  const image::Image image = SampleImage();
  absl::Status status = store.PutImage(
      image, {{image.layer_blobs[0], 10}, {image.layer_blobs[1], 20}},
      {{image.diff_ids[0], "tree", 100}, {image.diff_ids[1], "tree", 200}});
  if (status.ok()) status = store.PutSnapshot(SampleSnapshot());
  if (!status.ok()) return status;
  return DumpStore(kv, {"images", "image_ids", "blobs", "layers", "snapshots"});
}

absl::StatusOr<std::string> DumpRuntimeStore() {
  FakeKvStore kv;
  runtime::KvContainerStore store(kv);
  const absl::Status status = store.Create(SampleContainer(), SampleRequest());
  if (!status.ok()) return status;
  return DumpStore(kv, runtime::KvContainerStore::Families());
}

}  // namespace
}  // namespace gantry

int main(int argc, char** argv) {
  const std::string which = argc > 1 ? argv[1] : "";
  const auto dump =
      which == "image" ? gantry::DumpImageStore() : gantry::DumpRuntimeStore();
  if (!dump.ok()) {
    std::fprintf(stderr, "%s\n", dump.status().ToString().c_str());
    return 1;
  }
  std::fputs(dump->c_str(), stdout);
  return 0;
}
