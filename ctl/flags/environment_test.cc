#include "ctl/flags/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "common/testing/status_matchers.h"

namespace gantry::ctl {
namespace {

using ::gantry::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EnvironmentTest : public ::testing::Test {
 protected:
  EnvironmentTest() : directory_(TempDir::Create().value()) {
    setenv("GANTRY_TEST_SET", "mine", 1);
    unsetenv("GANTRY_TEST_UNSET");
  }
  std::string File(const std::string& text) {
    const std::string path = directory_.path() + "/file";
    EXPECT_TRUE(WriteFileAtomically(path, text, 0600, false).ok());
    return path;
  }

  const TempDir directory_;
};

TEST_F(EnvironmentTest, AFileHasOneVariableALine) {
  EXPECT_THAT(
      *ReadEnvironment({File("\xef\xbb\xbf"
                             "A=1\n# not=this\n\n  B= x y \r\nC=\nD=a=b#c\n"
                             "GANTRY_TEST_SET\nGANTRY_TEST_UNSET\nE=\"q\"")},
                       {}),
      ElementsAre("A=1", "B= x y ", "C=", "D=a=b#c", "GANTRY_TEST_SET=mine",
                  "E=\"q\""));
  EXPECT_THAT(*ReadEnvironment({File("")}, {}), IsEmpty());
  EXPECT_THAT(*ReadEnvironment({"/dev/null"}, {}), IsEmpty());
  EXPECT_THAT(ReadEnvironment({"/dev/zero"}, {}),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST_F(EnvironmentTest, FlagsComeAfterFiles) {
  EXPECT_THAT(*ReadEnvironment({File("A=1")}, {"A=2", "GANTRY_TEST_SET",
                                               "GANTRY_TEST_UNSET", "B="}),
              ElementsAre("A=1", "A=2", "GANTRY_TEST_SET=mine", "B="));
}

TEST_F(EnvironmentTest, MalformedOnesAreRefused) {
  const auto error = [&](const std::string& text) {
    return std::string(ReadEnvironment({File(text)}, {}).status().message());
  };
  EXPECT_EQ(error("A B=1\n"),
            "poorly formatted environment: variable 'A B' contains "
            "whitespaces");
  EXPECT_EQ(error("=1\n"),
            directory_.path() + "/file: no variable name on line '=1'");
  EXPECT_EQ(error("A=1\nB=\xff\n"),
            directory_.path() + "/file: invalid UTF-8 bytes at line 2");
  EXPECT_THAT(ReadEnvironment({}, {"=x"}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadEnvironment({}, {""}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadEnvironment({directory_.path() + "/missing"}, {}),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(EnvironmentTest, ALabelWithoutAValueHasAnEmptyOne) {
  EXPECT_THAT(*ReadLabels({File("a=1\nGANTRY_TEST_SET\n")}, {"b", "c=d=e"}),
              ElementsAre("a=1", "GANTRY_TEST_SET=", "b=", "c=d=e"));
}

}  // namespace
}  // namespace gantry::ctl
