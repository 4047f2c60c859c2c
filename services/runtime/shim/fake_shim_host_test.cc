#include "services/runtime/shim/fake_shim_host.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

LaunchRequest Request(const std::string& id) {
  LaunchRequest request;
  request.id = id;
  return request;
}

TEST(FakeShimHostTest, ReadersGetTheOutputAndThenTheExit) {
  FakeShimHost host;
  int exit_code = -1;
  host.SetExitHandler([&](const std::string&, const ExitStatus& exit) {
    exit_code = exit.exit_code;
  });
  ASSERT_THAT(host.Launch(Request("a")), IsOk());
  auto reader = host.Attach("a", {}).value();
  host.WriteOutput("a", OutputStream::kStderr, "x");
  host.Finish("a", 3);
  EXPECT_EQ(reader->Read().value().data, "x");
  EXPECT_EQ(reader->Read().value().exit->exit_code, 3);
  EXPECT_THAT(reader->Read(), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_EQ(exit_code, 3);
}

TEST(FakeShimHostTest, KillEndsTheContainer) {
  FakeShimHost host;
  ASSERT_THAT(host.Launch(Request("a")), IsOk());
  EXPECT_THAT(host.Signal("a", SIGTERM), IsOk());
  EXPECT_THAT(host.Signal("a", SIGKILL), IsOk());
  EXPECT_THAT(host.Signal("a", SIGKILL),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(host.SignalsOf("a"), (std::vector<int>{SIGTERM, SIGKILL}));
  const auto survivors = host.Recover({"a"}).value();
  EXPECT_EQ(survivors[0].exit.exit_code, 137);
}

TEST(FakeShimHostTest, ADeletedContainerIsGone) {
  FakeShimHost host;
  ASSERT_THAT(host.Launch(Request("a")), IsOk());
  EXPECT_THAT(host.Delete("a"), IsOk());
  EXPECT_THAT(host.Delete("a"), IsOk());
  EXPECT_THAT(host.Signal("a", 1), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_TRUE(host.Ids().empty());
}

}  // namespace
}  // namespace gantry::runtime
