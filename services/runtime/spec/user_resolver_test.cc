#include "services/runtime/spec/user_resolver.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/status/error.h"
#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;
using ::testing::ElementsAre;

constexpr char kPasswd[] =
    "root:x:0:0:root:/root:/bin/sh\n"
    "broken line\n"
    "www:x:33:33:www:/var/www:/bin/false\n";
constexpr char kGroup[] =
    "root:x:0:\n"
    "wheel:x:10:root,www\n"
    "www:x:33:\n"
    "audio:x:29:www\n";

absl::StatusOr<ResolvedUser> Resolve(absl::string_view text) {
  const absl::StatusOr<UserSpec> spec = ParseUser(text);
  if (!spec.ok()) return spec.status();
  return ResolveUserIn(kPasswd, kGroup, *spec);
}

TEST(UserResolverTest, IsRootByDefaultWithItsGroups) {
  const auto user = Resolve("");
  ASSERT_THAT(user, IsOk());
  EXPECT_EQ(user->uid, 0u);
  EXPECT_EQ(user->home, "/root");
  EXPECT_THAT(user->additional_gids, ElementsAre(0, 10));
}

TEST(UserResolverTest, FindsAUserByNameAndByNumberWithItsGroups) {
  for (const char* text : {"www", "33"}) {
    const auto user = Resolve(text);
    ASSERT_THAT(user, IsOk());
    EXPECT_EQ(user->uid, 33u);
    EXPECT_EQ(user->gid, 33u);
    EXPECT_EQ(user->home, "/var/www");
    EXPECT_THAT(user->additional_gids, ElementsAre(33, 10, 29));
  }
}

TEST(UserResolverTest, AGroupThatIsNamedIsTheOnlyOne) {
  const auto user = Resolve("www:audio");
  ASSERT_THAT(user, IsOk());
  EXPECT_EQ(user->gid, 29u);
  EXPECT_THAT(user->additional_gids, ElementsAre(29));
}

TEST(UserResolverTest, TakesNumbersThatAreNowhere) {
  const auto user = Resolve("4000:5000");
  ASSERT_THAT(user, IsOk());
  EXPECT_EQ(user->uid, 4000u);
  EXPECT_EQ(user->gid, 5000u);
  EXPECT_EQ(user->home, "/");
}

TEST(UserResolverTest, NamesAUserThatIsNotThere) {
  const auto user = Resolve("nobody");
  EXPECT_THAT(user, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(user.status().message(),
            "unable to find user nobody: no matching entries in passwd file");
  EXPECT_EQ(ReasonOf(user.status())->reason, "USER_NOT_FOUND");
  EXPECT_THAT(Resolve("www:nobody"), StatusIs(absl::StatusCode::kNotFound));
}

TEST(UserResolverTest, RefusesWhatCouldWrapAroundToRoot) {
  for (const char* text : {"4294967296", "2147483648", "0x0", "-1", ":",
                           "root:", ":0", "1:2:3", "0:4294967296", "a b"}) {
    EXPECT_THAT(ParseUser(text), StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
  EXPECT_EQ(*ParseUser("2147483647")->uid, 2147483647u);
}

TEST(UserResolverTest, DoesNotFollowLinksOrReadPipes) {
  const TempDir dir = TempDir::Create().value();
  ASSERT_THAT(MakeDirectories(dir.path() + "/etc", 0755), IsOk());
  ASSERT_THAT(WriteFileAtomically(dir.path() + "/real", kPasswd, 0644, false),
              IsOk());
  ASSERT_EQ(::symlink("/real", (dir.path() + "/etc/passwd").c_str()), 0);
  ASSERT_EQ(::mkfifo((dir.path() + "/etc/group").c_str(), 0644), 0);
  const UniqueFd root = OpenDirectory(dir.path()).value();
  EXPECT_THAT(ResolveUser(root.get(), "www"),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(ResolveUser(root.get(), "33"), IsOk());
}

}  // namespace
}  // namespace gantry::runtime
