#include "services/image/registry/auth_challenge.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/testing/status_matchers.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

TEST(AuthChallengeTest, BearerIsRead) {
  const auto challenges = ParseChallenges(
      R"(Bearer realm="https://auth.example/token",service="r.example",scope="repository:a/b:pull,push")");
  ASSERT_THAT(challenges, IsOk());
  ASSERT_EQ(challenges->size(), 1u);
  const AuthChallenge& bearer = challenges->front();
  EXPECT_EQ(bearer.scheme, "bearer");
  EXPECT_EQ(bearer.Parameter("realm"), "https://auth.example/token");
  EXPECT_EQ(bearer.Parameter("service"), "r.example");
  EXPECT_EQ(bearer.Parameter("scope"), "repository:a/b:pull,push");
  EXPECT_EQ(bearer.Parameter("error"), "");
}

TEST(AuthChallengeTest, SeveralChallengesOfOneHeaderAreRead) {
  const auto challenges = ParseChallenges(
      "Negotiate YWJj==, Basic REALM = \"a \\\"b\\\", c\" ,, bearer realm=x");
  ASSERT_THAT(challenges, IsOk());
  ASSERT_EQ(challenges->size(), 3u);
  EXPECT_EQ((*challenges)[0].scheme, "negotiate");
  EXPECT_EQ((*challenges)[1].Parameter("realm"), "a \"b\", c");
  EXPECT_EQ((*challenges)[2].Parameter("realm"), "x");
  EXPECT_TRUE(ParseChallenges("")->empty());
  EXPECT_EQ(ParseChallenges("Basic")->size(), 1u);
}

TEST(AuthChallengeTest, MalformedHeadersAreRefused) {
  for (const absl::string_view header :
       {absl::string_view("realm=\"x\""), absl::string_view("Bearer realm=\"x"),
        absl::string_view("Bearer realm=\"x\\"),
        absl::string_view("Bearer realm=\"a\"service=\"b\""),
        absl::string_view("Bearer realm=a,realm=b"),
        absl::string_view("Bearer ="), absl::string_view("\"\""),
        absl::string_view("Bearer realm=\"a\r\nb\""),
        absl::string_view("Bearer realm=\"a\0b\"", 18)}) {
    EXPECT_THAT(ParseChallenges(header),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << header;
  }
  EXPECT_THAT(ParseChallenges("Bearer a=\"" + std::string(9000, 'x') + "\""),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace gantry::image
