#include "common/kv/versioned_store.h"

#include <gtest/gtest.h>

#include "common/fs/temp_dir.h"
#include "common/kv/rocksdb_kv_store.h"
#include "common/testing/status_matchers.h"

namespace gantry {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

absl::Status PutRecord(KvStore& store, const std::string& value) {
  WriteBatch batch;
  batch.Put("a", "k", value);
  return store.Write(batch, true);
}

class VersionedStoreTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<KvStore>> Open(
      int version, std::vector<Migration> migrations = {}) {
    return OpenVersionedStore(path_, {"a"}, version, migrations);
  }

  TempDir dir_ = TempDir::Create().value();
  const std::string path_ = dir_.path() + "/db";
};

TEST_F(VersionedStoreTest, NewerStoreIsRefused) {
  ASSERT_THAT(Open(2), IsOk());
  const absl::Status refused = Open(1).status();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(refused.message(),
            "the store " + path_ +
                " has format 2, this version reads up to 1; start a newer "
                "version");
  EXPECT_THAT(Open(2), IsOk());
}

TEST_F(VersionedStoreTest, OlderStoreIsMigratedAfterACheckpoint) {
  ASSERT_THAT(PutRecord(**Open(1), "old"), IsOk());
  const auto migrate = [](KvStore& store) { return PutRecord(store, "new"); };
  {
    const auto store = Open(2, {{1, migrate}});
    ASSERT_THAT(store, IsOk());
    EXPECT_EQ((*store)->Get("a", "k").value(), "new");
  }
  const auto copy = RocksDbKvStore::Open(path_ + ".before-v2", {"a"});
  ASSERT_THAT(copy, IsOk());
  EXPECT_EQ((*copy)->Get("a", "k").value(), "old");
}

TEST_F(VersionedStoreTest, MigrationThatFailedIsRunAgain) {
  ASSERT_THAT(Open(1), IsOk());
  int runs = 0;
  const auto migrate = [&runs](KvStore&) {
    return ++runs == 1 ? absl::ResourceExhaustedError("full")
                       : absl::OkStatus();
  };
  EXPECT_THAT(Open(2, {{1, migrate}}),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(Open(2, {{1, migrate}}), IsOk());
  EXPECT_THAT(Open(2, {{1, migrate}}), IsOk());
  EXPECT_EQ(runs, 2);
}

TEST_F(VersionedStoreTest, MissingMigrationIsNamed) {
  ASSERT_THAT(Open(1), IsOk());
  EXPECT_THAT(Open(3, {{2, [](KvStore&) { return absl::OkStatus(); }}}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace gantry
