#include "common/kv/fake_kv_store.h"

#include "absl/strings/match.h"

namespace gantry {

void FakeKvStore::FailWrites(absl::Status status) {
  MutexLock lock(mu_);
  write_error_ = std::move(status);
}

absl::StatusOr<std::optional<std::string>> FakeKvStore::Get(
    absl::string_view family, absl::string_view key) {
  MutexLock lock(mu_);
  const Family& records = families_[std::string(family)];
  const auto found = records.find(std::string(key));
  if (found == records.end()) return std::optional<std::string>();
  return std::optional<std::string>(found->second);
}

absl::Status FakeKvStore::Write(const WriteBatch& batch, bool /*sync*/) {
  MutexLock lock(mu_);
  if (!write_error_.ok()) return write_error_;
  for (const WriteBatch::Change& change : batch.changes()) {
    Family& records = families_[change.family];
    if (change.value.has_value()) {
      records[change.key] = *change.value;
    } else {
      records.erase(change.key);
    }
  }
  return absl::OkStatus();
}

absl::Status FakeKvStore::Scan(
    absl::string_view family, absl::string_view prefix,
    absl::string_view start_after,
    const std::function<bool(absl::string_view, absl::string_view)>& visit) {
  Family records;
  {
    MutexLock lock(mu_);
    records = families_[std::string(family)];
  }
  for (const auto& [key, value] : records) {
    if (!absl::StartsWith(key, prefix)) continue;
    if (!start_after.empty() && key <= start_after) continue;
    if (!visit(key, value)) break;
  }
  return absl::OkStatus();
}

absl::Status FakeKvStore::Checkpoint(const std::string& /*directory*/) {
  return absl::OkStatus();
}

}  // namespace gantry
