// What every KvStore does. An implementation runs it with
//   INSTANTIATE_TEST_SUITE_P(Fake, KvStoreContract, Values(&MakeFake));
// The store of the factory has the families "a" and "b".

#ifndef GANTRY_COMMON_KV_KV_STORE_CONTRACT_H_
#define GANTRY_COMMON_KV_KV_STORE_CONTRACT_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/kv/kv_store.h"
#include "common/testing/status_matchers.h"

namespace gantry {

using KvStoreFactory = std::unique_ptr<KvStore> (*)();

class KvStoreContract : public ::testing::TestWithParam<KvStoreFactory> {
 protected:
  std::vector<std::string> Keys(const std::string& prefix,
                                const std::string& after) {
    std::vector<std::string> keys;
    EXPECT_THAT(store_->Scan("a", prefix, after,
                             [&](absl::string_view key, absl::string_view) {
                               keys.emplace_back(key);
                               return true;
                             }),
                testing::IsOk());
    return keys;
  }

  void Put(const std::vector<std::string>& keys) {
    WriteBatch batch;
    for (const std::string& key : keys) batch.Put("a", key, "value of " + key);
    ASSERT_THAT(store_->Write(batch, true), testing::IsOk());
  }

  const std::unique_ptr<KvStore> store_ = GetParam()();
};

TEST_P(KvStoreContract, WrittenValueIsRead) {
  Put({"k"});
  EXPECT_EQ(store_->Get("a", "k").value(), "value of k");
  EXPECT_EQ(store_->Get("b", "k").value(), std::nullopt);
}

TEST_P(KvStoreContract, BatchChangesInOrder) {
  WriteBatch batch;
  batch.Put("a", "k", "1");
  batch.Delete("a", "k");
  batch.Put("b", "k", std::string("\0\xff", 2));
  batch.Delete("b", "absent");
  ASSERT_THAT(store_->Write(batch, false), testing::IsOk());
  EXPECT_EQ(store_->Get("a", "k").value(), std::nullopt);
  EXPECT_EQ(store_->Get("b", "k").value(), std::string("\0\xff", 2));
}

TEST_P(KvStoreContract, ScanGivesAPrefixInOrder) {
  Put({"p2", "p1", "q", "o", "p"});
  EXPECT_EQ(Keys("p", ""), (std::vector<std::string>{"p", "p1", "p2"}));
  EXPECT_EQ(Keys("p", "p1"), (std::vector<std::string>{"p2"}));
  EXPECT_EQ(Keys("", "o"), (std::vector<std::string>{"p", "p1", "p2", "q"}));
  EXPECT_EQ(Keys("x", ""), std::vector<std::string>{});
}

TEST_P(KvStoreContract, ScanStopsWhenTold) {
  Put({"1", "2", "3"});
  int calls = 0;
  EXPECT_THAT(store_->Scan("a", "", "",
                           [&](absl::string_view, absl::string_view) {
                             return ++calls < 2;
                           }),
              testing::IsOk());
  EXPECT_EQ(calls, 2);
}

}  // namespace gantry

#endif  // GANTRY_COMMON_KV_KV_STORE_CONTRACT_H_
