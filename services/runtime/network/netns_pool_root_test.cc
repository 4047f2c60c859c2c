// Needs root.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <thread>
#include <vector>

#include "common/fs/unique_fd.h"
#include "common/sync/mutex.h"
#include "common/testing/status_matchers.h"
#include "services/runtime/network/netns_pool.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;

ino_t InodeOf(int fd) {
  struct stat info = {};
  ::fstat(fd, &info);
  return info.st_ino;
}

TEST(NetnsPoolTest, GivesNamespacesThatNobodyElseHas) {
  const UniqueFd own(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  NetnsPool pool(3);
  Mutex mu;
  std::set<ino_t> seen = {InodeOf(own.get())};
  std::vector<UniqueFd> held;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      auto netns = pool.Take();
      ASSERT_THAT(netns, IsOk());
      MutexLock lock(mu);
      EXPECT_TRUE(seen.insert(InodeOf(netns->get())).second);
      held.push_back(*std::move(netns));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(held.size(), 8u);
}

TEST(NetnsPoolTest, TheLoopbackIsUpAndAllThereIs) {
  NetnsPool pool(1);
  auto netns = pool.Take();
  ASSERT_THAT(netns, IsOk());
  std::thread inside([&] {
    ASSERT_EQ(::setns(netns->get(), CLONE_NEWNET), 0);
    const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request = {};
    ::memcpy(request.ifr_name, "lo", sizeof("lo"));
    ASSERT_EQ(::ioctl(socket.get(), SIOCGIFFLAGS, &request), 0);
    EXPECT_NE(request.ifr_flags & IFF_UP, 0);
  });
  inside.join();
}

TEST(NetnsPoolTest, EndsWithSomeInStock) { NetnsPool pool(2); }

}  // namespace
}  // namespace gantry::runtime
