#include "services/runtime/oci_runtime/container_cgroup.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

class ContainerCgroupTest : public ::testing::Test {
 protected:
  void Write(const std::string& hierarchy, const std::string& name,
             const std::string& text) {
    const std::string directory =
        absl::StrCat(mounts_.path(), "/", hierarchy, "/gantry/x");
    ASSERT_THAT(MakeDirectories(directory, 0755), IsOk());
    ASSERT_THAT(WriteFileAtomically(directory + "/" + name, text, 0644, false),
                IsOk());
  }

  TempDir mounts_ = TempDir::Create().value();
  ContainerCgroup cgroup_{"/gantry/x", mounts_.path()};
};

TEST_F(ContainerCgroupTest, AMissingGroupIsEmpty) {
  EXPECT_THAT(cgroup_.KillAll(absl::ZeroDuration()), IsOk());
  EXPECT_FALSE(cgroup_.WasOutOfMemory());
  cgroup_.Remove();
}

TEST_F(ContainerCgroupTest, KillsWhatIsListed) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  Write("pids", "cgroup.procs", absl::StrCat(child, "\n"));
  // The list is an ordinary file here, so it never becomes empty.
  EXPECT_THAT(cgroup_.KillAll(absl::ZeroDuration()),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_F(ContainerCgroupTest, SeesThatMemoryRanOut) {
  Write("memory", "memory.oom_control",
        "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n");
  EXPECT_FALSE(cgroup_.WasOutOfMemory());
  Write("memory", "memory.oom_control",
        "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
  EXPECT_TRUE(cgroup_.WasOutOfMemory());
}

}  // namespace
}  // namespace gantry::runtime
