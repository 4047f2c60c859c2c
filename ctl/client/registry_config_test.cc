#include "ctl/client/registry_config.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/testing/status_matchers.h"

namespace gantry::ctl {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

RegistryConfig Parsed(absl::string_view text) {
  auto config = RegistryConfig::Parse(text, "config.json");
  EXPECT_THAT(config, IsOk());
  return config.ok() ? *config : RegistryConfig();
}

// "user:password:token".
std::string Kept(const RegistryConfig& config, absl::string_view host) {
  const auto credentials = config.CredentialsFor(host);
  return credentials.username() + ":" + credentials.password() + ":" +
         credentials.identity_token();
}

TEST(RegistryConfigTest, FindsARegistryByItsHostHoweverItsKeyIsWritten) {
  const RegistryConfig config = Parsed(R"({"auths": {
      "https://index.docker.io/v1/": {"auth": "bWU6c2VjcmV0"},
      "localhost:5000": {"auth": "YTpiOmM="},
      "https://one.example": {"auth": "bzpwAAA="},
      "http://two.example/v2/": {"username": "u", "password": "p"},
      "three.example": {"identitytoken": "t"},
      "four.example": {}}})");
  EXPECT_EQ(Kept(config, "docker.io"), "me:secret:");
  EXPECT_EQ(Kept(config, "localhost:5000"), "a:b:c:");
  EXPECT_EQ(Kept(config, "one.example"), "o:p:");
  EXPECT_EQ(Kept(config, "two.example"), "u:p:");
  EXPECT_EQ(Kept(config, "three.example"), "::t");
  EXPECT_EQ(Kept(config, "four.example"), "::");
  EXPECT_EQ(Kept(config, "localhost"), "::");
  EXPECT_EQ(Kept(config, "index.docker.io"), "::");
}

TEST(RegistryConfigTest, OfSeveralKeysOfOneHostDockersOwnCounts) {
  const RegistryConfig config = Parsed(R"({"auths": {
      "docker.io": {"username": "a", "password": "a"},
      "https://index.docker.io/v1/": {"username": "b", "password": "b"}}})");
  EXPECT_EQ(Kept(config, "docker.io"), "b:b:");
}

TEST(RegistryConfigTest, AHelperOfARegistryGoesBeforeTheOneOfAll) {
  const RegistryConfig config = Parsed(R"({"credsStore": "pass",
      "credHelpers": {"gcr.example": "gcloud", "docker.io": "hub"}})");
  EXPECT_EQ(config.HelperFor("gcr.example"), "gcloud");
  EXPECT_EQ(config.HelperFor("docker.io"), "hub");
  EXPECT_EQ(config.HelperFor("other.example"), "pass");
  EXPECT_EQ(Parsed("{}").HelperFor("docker.io"), "");
}

TEST(RegistryConfigTest, MalformedDocumentsAreErrorsWithoutTheirContent) {
  for (const char* text :
       {"", "[]", "{", R"({"auths": 1})", R"({"auths": {"a": 1}})",
        R"({"auths": {"a": {"auth": "c2VjcmV0"}}})",
        R"({"auths": {"a": {"auth": "secret!"}}})", R"({"credsStore": 1})",
        R"({"credHelpers": {"a": 1}})"}) {
    const auto config = RegistryConfig::Parse(text, "/x/config.json");
    EXPECT_THAT(config, StatusIs(absl::StatusCode::kInvalidArgument)) << text;
    const std::string message(config.status().message());
    EXPECT_EQ(message.find("/x/config.json: "), 0u) << message;
    EXPECT_EQ(message.find("secret"), std::string::npos) << message;
  }
}

class RegistryConfigFileTest : public ::testing::Test {
 protected:
  RegistryConfigFileTest() : directory_(TempDir::Create().value()) {
    unsetenv("DOCKER_CONFIG");
    setenv("HOME", (directory_.path() + "/home").c_str(), 1);
  }
  void WriteConfig(const std::string& folder, const std::string& user) {
    const std::string path = directory_.path() + "/" + folder;
    EXPECT_THAT(MakeDirectories(path, 0700), IsOk());
    EXPECT_THAT(WriteFileAtomically(path + "/config.json",
                                    R"({"auths": {"x": {"username": ")" + user +
                                        R"(", "password": "p"}}})",
                                    0600, false),
                IsOk());
  }

  const TempDir directory_;
};

TEST_F(RegistryConfigFileTest, IsLookedForInTwoPlaces) {
  ASSERT_THAT(RegistryConfig::Load(), IsOk());
  EXPECT_EQ(Kept(*RegistryConfig::Load(), "x"), "::");
  WriteConfig("home/.docker", "home");
  EXPECT_EQ(Kept(*RegistryConfig::Load(), "x"), "home:p:");
  WriteConfig("docker", "docker");
  setenv("DOCKER_CONFIG", (directory_.path() + "/docker").c_str(), 1);
  EXPECT_EQ(Kept(*RegistryConfig::Load(), "x"), "docker:p:");
}

}  // namespace
}  // namespace gantry::ctl
