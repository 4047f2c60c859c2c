#include "common/sync/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace gantry {
namespace {

TEST(WorkerPoolTest, EverythingHasRunWhenThePoolIsGone) {
  std::atomic<int> count{0};
  {
    WorkerPool pool(4);
    for (int i = 0; i < 1000; ++i) pool.Run([&count] { ++count; });
  }
  EXPECT_EQ(count.load(), 1000);
}

TEST(WorkerPoolTest, ClosuresRunSideBySide) {
  WorkerPool pool(2);
  std::promise<void> first;
  std::promise<void> done;
  pool.Run([&] {
    first.get_future().wait();
    done.set_value();
  });
  pool.Run([&] { first.set_value(); });
  done.get_future().wait();
}

TEST(WorkerPoolTest, ClosureMayGiveAnother) {
  std::atomic<bool> ran{false};
  {
    WorkerPool pool(1);
    pool.Run([&] { pool.Run([&] { ran = true; }); });
  }
  EXPECT_TRUE(ran.load());
}

}  // namespace
}  // namespace gantry
