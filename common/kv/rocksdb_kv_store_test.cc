#include "common/kv/rocksdb_kv_store.h"

#include <utility>

#include "common/fs/temp_dir.h"
#include "common/kv/kv_store_contract.h"

namespace gantry {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

// A store in a directory that goes with it.
class TemporaryStore : public KvStore {
 public:
  absl::StatusOr<std::optional<std::string>> Get(
      absl::string_view family, absl::string_view key) override {
    return store_->Get(family, key);
  }
  absl::Status Write(const WriteBatch& batch, bool sync) override {
    return store_->Write(batch, sync);
  }
  absl::Status Scan(
      absl::string_view family, absl::string_view prefix,
      absl::string_view start_after,
      const std::function<bool(absl::string_view, absl::string_view)>& visit)
      override {
    return store_->Scan(family, prefix, start_after, visit);
  }
  absl::Status Checkpoint(const std::string& directory) override {
    return store_->Checkpoint(directory);
  }

 private:
  TempDir dir_ = TempDir::Create().value();
  std::unique_ptr<KvStore> store_ =
      RocksDbKvStore::Open(dir_.path() + "/db", {"a", "b"}).value();
};

std::unique_ptr<KvStore> MakeRocksDb() {
  return std::make_unique<TemporaryStore>();
}

INSTANTIATE_TEST_SUITE_P(RocksDb, KvStoreContract,
                         ::testing::Values(&MakeRocksDb));

class RocksDbKvStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<KvStore> Open(const std::string& name) {
    return RocksDbKvStore::Open(dir_.path() + "/" + name, {"a"}).value();
  }

  TempDir dir_ = TempDir::Create().value();
};

TEST_F(RocksDbKvStoreTest, RecordsSurviveReopening) {
  WriteBatch batch;
  batch.Put("a", "k", "v");
  ASSERT_THAT(Open("db")->Write(batch, false), IsOk());
  EXPECT_EQ(Open("db")->Get("a", "k").value(), "v");
}

TEST_F(RocksDbKvStoreTest, UnknownFamilyIsRefused) {
  EXPECT_THAT(Open("db")->Get("x", "k"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(RocksDbKvStoreTest, SecondOpenIsRefused) {
  const std::unique_ptr<KvStore> first = Open("db");
  EXPECT_THAT(RocksDbKvStore::Open(dir_.path() + "/db", {"a"}),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(RocksDbKvStoreTest, CheckpointIsAStoreOfItsOwn) {
  const std::unique_ptr<KvStore> store = Open("db");
  WriteBatch batch;
  batch.Put("a", "k", "v");
  ASSERT_THAT(store->Write(batch, false), IsOk());
  ASSERT_THAT(store->Checkpoint(dir_.path() + "/copy"), IsOk());
  EXPECT_THAT(store->Checkpoint(dir_.path() + "/copy"),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(Open("copy")->Get("a", "k").value(), "v");
}

}  // namespace
}  // namespace gantry
