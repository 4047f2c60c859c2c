#include "tests/compat/store_samples.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"

namespace gantry {

image::Image SampleImage() {
  image::Image image;
  image.id = oci::Digest::Of("config");
  image.names = {"docker.io/library/sample:1", "example.org/sample:2"};
  image.manifest_digest = oci::Digest::Of("manifest");
  image.diff_ids = {oci::Digest::Of("diff 1"), oci::Digest::Of("diff 2")};
  image.layer_blobs = {oci::Digest::Of("blob 1"), oci::Digest::Of("blob 2")};
  image.created_at = absl::FromUnixSeconds(1700000001);
  image.stored_at = absl::FromUnixSeconds(1700000002);
  image.size_bytes = 12345;
  image.platform = {"linux", "arm", "v7"};
  image.labels = {{"key", "value"}};
  return image;
}

image::Snapshot SampleSnapshot() {
  image::Snapshot snapshot;
  snapshot.key = "sample";
  snapshot.image_id = SampleImage().id;
  snapshot.diff_ids = SampleImage().diff_ids;
  snapshot.owner = "container/sample";
  snapshot.generation = 77;
  snapshot.created_at = absl::FromUnixSeconds(1700000003);
  return snapshot;
}

runtime::StoredContainer SampleContainer() {
  runtime::StoredContainer container;
  runtime::ContainerInfo& info = container.info;
  info.id = std::string(64, 'a');
  info.name = "sample";
  info.options.image = "sample:1";
  info.options.command = {"one", "two"};
  info.options.entrypoint = {{"entry", "point"}};
  info.options.env = {"A=b"};
  info.options.working_dir = "/work-dir";
  info.options.user = "1:2";
  info.options.hostname = "host";
  info.options.labels = {{"key", "value"}};
  info.options.runtime = "runc";
  info.options.auto_remove = true;
  info.options.network = "none";
  info.options.stop_signal = "SIGINT";
  info.options.stop_timeout = absl::Seconds(7);
  info.image_id = "sha256:" + std::string(64, 'b');
  info.state = runtime::ContainerState::kExited;
  info.created_at = absl::FromUnixSeconds(1700000004);
  info.started_at = absl::FromUnixSeconds(1700000005);
  info.finished_at = absl::FromUnixSeconds(1700000006);
  info.exit_code = 9;
  info.error = "error";
  info.args = {"entry", "point", "one", "two"};
  info.log_path = "/log";
  info.stop_signal = 2;
  info.oom_killed = true;
  container.image_config = "{}";
  container.may_have_shim = true;
  return container;
}

runtime::StoredRequest SampleRequest() {
  return {"request", "fingerprint", std::string(64, 'a'),
          absl::FromUnixSeconds(4000000000)};
}

absl::StatusOr<std::string> DumpStore(
    KvStore& store, const std::vector<std::string>& families) {
  std::string dump;
  for (const std::string& family : families) {
    GANTRY_RETURN_IF_ERROR(store.Scan(
        family, "", "", [&](absl::string_view key, absl::string_view value) {
          absl::StrAppend(&dump, family, "\t", absl::BytesToHexString(key),
                          "\t", absl::BytesToHexString(value), "\n");
          return true;
        }));
  }
  return dump;
}

absl::Status FillStore(absl::string_view dump, KvStore& store) {
  WriteBatch batch;
  for (absl::string_view line : absl::StrSplit(dump, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    if (fields.size() != 3) return absl::DataLossError(line);
    batch.Put(fields[0], absl::HexStringToBytes(fields[1]),
              absl::HexStringToBytes(fields[2]));
  }
  return store.Write(batch, true);
}

}  // namespace gantry
