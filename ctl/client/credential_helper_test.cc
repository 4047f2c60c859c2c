#include "ctl/client/credential_helper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/testing/status_matchers.h"

namespace gantry::ctl {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

class CredentialHelperTest : public ::testing::Test {
 protected:
  CredentialHelperTest() : directory_(TempDir::Create().value()) {
    setenv("PATH", (directory_.path() + ":" + getenv("PATH")).c_str(), 1);
  }
  void WriteHelper(const std::string& script) {
    EXPECT_THAT(
        WriteFileAtomically(directory_.path() + "/docker-credential-fake",
                            "#!/bin/sh\n" + script, 0700, false),
        IsOk());
  }

  const TempDir directory_;
};

TEST_F(CredentialHelperTest, IsAskedByTheAddressOfTheServer) {
  WriteHelper(R"(read -r server
echo '{"ServerURL": "x", "Username": "'"$1 $server"'", "Secret": "s:1"}')");
  const auto credentials =
      AskCredentialHelper("fake", "https://index.docker.io/v1/");
  ASSERT_THAT(credentials, IsOk());
  EXPECT_EQ(credentials->username(), "get https://index.docker.io/v1/");
  EXPECT_EQ(credentials->password(), "s:1");
  EXPECT_EQ(credentials->identity_token(), "");
}

TEST_F(CredentialHelperTest, MayGiveAnIdentityToken) {
  WriteHelper(R"(echo '{"Username": "<token>", "Secret": "t"}')");
  const auto credentials = AskCredentialHelper("fake", "x");
  ASSERT_THAT(credentials, IsOk());
  EXPECT_EQ(credentials->username(), "");
  EXPECT_EQ(credentials->identity_token(), "t");
}

TEST_F(CredentialHelperTest, ThatKeepsNothingIsNoError) {
  WriteHelper("echo credentials not found in native keychain; exit 1");
  const auto credentials = AskCredentialHelper("fake", "x");
  ASSERT_THAT(credentials, IsOk());
  EXPECT_EQ(credentials->username(), "");
}

TEST_F(CredentialHelperTest, FailuresAreErrorsWithoutTheSecret) {
  EXPECT_THAT(AskCredentialHelper("missing", "x"),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(AskCredentialHelper("../fake", "x"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  WriteHelper("echo the keychain is locked; exit 1");
  const auto locked = AskCredentialHelper("fake", "x");
  EXPECT_THAT(locked, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(locked.status().message()),
              HasSubstr("the keychain is locked"));
  for (const char* answer : {"hunter2", "[\"hunter2\"]",
                             R"({"Username": 1, "Secret": "hunter2"})"}) {
    WriteHelper(std::string("echo '") + answer + "'");
    const auto wrong = AskCredentialHelper("fake", "x");
    EXPECT_THAT(wrong, StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(std::string(wrong.status().message()),
                Not(HasSubstr("hunter2")));
  }
  WriteHelper("yes | head -c 1000000");
  EXPECT_THAT(AskCredentialHelper("fake", "x"),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace gantry::ctl
