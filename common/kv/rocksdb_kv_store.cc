#include "common/kv/rocksdb_kv_store.h"

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace gantry {
namespace {

absl::Status ToStatus(const rocksdb::Status& status, absl::string_view what) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = absl::StrCat(what, ": ", status.ToString());
  if (status.IsNoSpace() ||
      absl::StrContains(message, "No space left on device")) {
    return absl::ResourceExhaustedError(
        absl::StrCat(what, ": the disk is full"));
  }
  if (status.IsCorruption()) return absl::DataLossError(message);
  if (status.IsNotFound()) return absl::NotFoundError(message);
  if (absl::StrContains(message, "lock"))
    return absl::UnavailableError(message);
  return absl::InternalError(message);
}

rocksdb::Slice ToSlice(absl::string_view text) {
  return {text.data(), text.size()};
}

absl::string_view ToView(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

// Records are few and small: memory counts for more than throughput.
rocksdb::Options StoreOptions() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.write_buffer_size = 2 << 20;
  options.max_write_buffer_number = 2;
  options.max_background_jobs = 2;
  options.max_total_wal_size = 8 << 20;
  options.keep_log_file_num = 2;
  options.max_log_file_size = 1 << 20;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.max_open_files = 64;
  options.avoid_flush_during_shutdown = true;
  return options;
}

class Store : public KvStore {
 public:
  Store(
      std::string path, std::unique_ptr<rocksdb::DB> db,
      std::map<std::string, rocksdb::ColumnFamilyHandle*, std::less<>> handles)
      : path_(std::move(path)),
        db_(std::move(db)),
        handles_(std::move(handles)) {}

  ~Store() override {
    for (const auto& [name, handle] : handles_) {
      db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
    }
    db_->Close().PermitUncheckedError();
  }

  absl::StatusOr<std::optional<std::string>> Get(
      absl::string_view family, absl::string_view key) override {
    GANTRY_ASSIGN_OR_RETURN(rocksdb::ColumnFamilyHandle * handle,
                            Handle(family));
    std::string value;
    const rocksdb::Status status =
        db_->Get(rocksdb::ReadOptions(), handle, ToSlice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    GANTRY_RETURN_IF_ERROR(ToStatus(status, absl::StrCat("read from ", path_)));
    return std::optional<std::string>(std::move(value));
  }

  absl::Status Write(const WriteBatch& batch, bool sync) override {
    rocksdb::WriteBatch changes;
    for (const WriteBatch::Change& change : batch.changes()) {
      GANTRY_ASSIGN_OR_RETURN(rocksdb::ColumnFamilyHandle * handle,
                              Handle(change.family));
      const rocksdb::Status added =
          change.value.has_value()
              ? changes.Put(handle, change.key, *change.value)
              : changes.Delete(handle, change.key);
      GANTRY_RETURN_IF_ERROR(ToStatus(added, absl::StrCat("write to ", path_)));
    }
    rocksdb::WriteOptions options;
    options.sync = sync;
    rocksdb::Status status = db_->Write(options, &changes);
    // After a full disk RocksDB refuses all writes until it is told to go on.
    if (!status.ok() && db_->Resume().ok())
      status = db_->Write(options, &changes);
    return ToStatus(status, absl::StrCat("write to ", path_));
  }

  absl::Status Scan(
      absl::string_view family, absl::string_view prefix,
      absl::string_view start_after,
      const std::function<bool(absl::string_view, absl::string_view)>& visit)
      override {
    GANTRY_ASSIGN_OR_RETURN(rocksdb::ColumnFamilyHandle * handle,
                            Handle(family));
    const std::unique_ptr<rocksdb::Iterator> iterator(
        db_->NewIterator(rocksdb::ReadOptions(), handle));
    for (iterator->Seek(ToSlice(std::max(prefix, start_after)));
         iterator->Valid(); iterator->Next()) {
      const absl::string_view key = ToView(iterator->key());
      if (!absl::StartsWith(key, prefix)) break;
      if (!start_after.empty() && key == start_after) continue;
      if (!visit(key, ToView(iterator->value()))) break;
    }
    return ToStatus(iterator->status(), absl::StrCat("read from ", path_));
  }

  absl::Status Checkpoint(const std::string& directory) override {
    rocksdb::Checkpoint* raw = nullptr;
    GANTRY_RETURN_IF_ERROR(ToStatus(
        rocksdb::Checkpoint::Create(db_.get(), &raw), "make a checkpoint"));
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
    const rocksdb::Status status = checkpoint->CreateCheckpoint(directory);
    if (status.IsInvalidArgument()) {
      return absl::AlreadyExistsError(
          absl::StrCat(directory, " is already there"));
    }
    return ToStatus(status, absl::StrCat("make a checkpoint in ", directory));
  }

 private:
  absl::StatusOr<rocksdb::ColumnFamilyHandle*> Handle(
      absl::string_view family) const {
    const auto found = handles_.find(family);
    if (found != handles_.end()) return found->second;
    return absl::InvalidArgumentError(
        absl::StrCat("the store ", path_, " has no family \"", family, "\""));
  }

  const std::string path_;
  const std::unique_ptr<rocksdb::DB> db_;
  const std::map<std::string, rocksdb::ColumnFamilyHandle*, std::less<>>
      handles_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<KvStore>> RocksDbKvStore::Open(
    const std::string& path, const std::vector<std::string>& families) {
  const rocksdb::Options options = StoreOptions();
  std::vector<std::string> names = families;
  names.emplace_back(rocksdb::kDefaultColumnFamilyName);
  std::vector<std::string> existing;
  // Fails where there is no database yet.
  rocksdb::DB::ListColumnFamilies(options, path, &existing)
      .PermitUncheckedError();
  names.insert(names.end(), existing.begin(), existing.end());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());

  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& name : names) descriptors.emplace_back(name, options);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  GANTRY_RETURN_IF_ERROR(
      ToStatus(rocksdb::DB::Open(options, path, descriptors, &handles, &raw),
               absl::StrCat("open the store ", path)));
  std::map<std::string, rocksdb::ColumnFamilyHandle*, std::less<>> by_name;
  for (size_t i = 0; i < names.size(); ++i)
    by_name.emplace(names[i], handles[i]);
  return std::make_unique<Store>(path, std::unique_ptr<rocksdb::DB>(raw),
                                 std::move(by_name));
}

}  // namespace gantry
