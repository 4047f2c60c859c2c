#include "common/kv/fake_kv_store.h"

#include "common/kv/kv_store_contract.h"

namespace gantry {
namespace {

std::unique_ptr<KvStore> MakeFake() { return std::make_unique<FakeKvStore>(); }

INSTANTIATE_TEST_SUITE_P(Fake, KvStoreContract, ::testing::Values(&MakeFake));

TEST(FakeKvStoreTest, FailedWriteChangesNothing) {
  FakeKvStore store;
  store.FailWrites(absl::ResourceExhaustedError("full"));
  WriteBatch batch;
  batch.Put("a", "k", "v");
  EXPECT_FALSE(store.Write(batch, true).ok());
  EXPECT_EQ(store.Get("a", "k").value(), std::nullopt);
}

}  // namespace
}  // namespace gantry
