#include "services/runtime/container/rootfs_remover.h"

#include <gtest/gtest.h>

#include <atomic>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "services/runtime/container/fake_rootfs_source.h"

namespace gantry::runtime {
namespace {

// Does not answer at first.
class SleepyRootfsSource : public FakeRootfsSource {
 public:
  absl::Status Remove(const std::string& container_id) override {
    if (--refusals >= 0) return absl::UnavailableError("nobody is there");
    return FakeRootfsSource::Remove(container_id);
  }
  std::atomic<int> refusals{0};
};

TEST(RootfsRemoverTest, RemovesAtOnce) {
  SleepyRootfsSource source;
  ASSERT_TRUE(source.Prepare("a", "busybox").ok());
  RootfsRemover remover(source);
  remover.Remove("a");
  EXPECT_TRUE(source.Ids().empty());
}

TEST(RootfsRemoverTest, TriesAgainUntilItIsAnswered) {
  SleepyRootfsSource source;
  ASSERT_TRUE(source.Prepare("a", "busybox").ok());
  ASSERT_TRUE(source.Prepare("b", "busybox").ok());
  source.refusals = 5;
  RootfsRemover remover(source, absl::Milliseconds(1));
  remover.Remove("a");
  remover.Remove("b");
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (!source.Ids().empty() && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  EXPECT_TRUE(source.Ids().empty());
}

TEST(RootfsRemoverTest, EndsWhileItWaits) {
  SleepyRootfsSource source;
  source.refusals = 1000;
  RootfsRemover remover(source, absl::Hours(1));
  remover.Remove("a");
}

}  // namespace
}  // namespace gantry::runtime
