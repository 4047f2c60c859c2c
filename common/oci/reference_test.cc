#include "common/oci/reference.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/testing/status_matchers.h"

namespace gantry::oci {
namespace {

using ::gantry::testing::StatusIs;

std::string Complete(absl::string_view text) {
  const absl::StatusOr<Reference> reference = Reference::Parse(text);
  return reference.ok() ? reference->ToString() : reference.status().ToString();
}

TEST(ReferenceTest, ShortNamesAreCompletedAsDockerDoes) {
  EXPECT_EQ(Complete("busybox"), "docker.io/library/busybox:latest");
  EXPECT_EQ(Complete("busybox:1.36"), "docker.io/library/busybox:1.36");
  EXPECT_EQ(Complete("me/app"), "docker.io/me/app:latest");
  EXPECT_EQ(Complete("localhost/app"), "localhost/app:latest");
  EXPECT_EQ(Complete("localhost:5000/a/b:1"), "localhost:5000/a/b:1");
  EXPECT_EQ(Complete("index.docker.io/library/busybox"),
            "docker.io/library/busybox:latest");
  EXPECT_EQ(Complete("[::1]:5000/a"), "[::1]:5000/a:latest");
}

TEST(ReferenceTest, DigestStandsInForATag) {
  const std::string digest = Digest::Of("x").ToString();
  EXPECT_EQ(Complete("busybox@" + digest),
            "docker.io/library/busybox@" + digest);
  EXPECT_EQ(Complete("busybox:1@" + digest),
            "docker.io/library/busybox:1@" + digest);
}

TEST(ReferenceTest, FamiliarIsWhatAPersonTypes) {
  EXPECT_EQ(Reference::Parse("docker.io/library/busybox")->Familiar(),
            "busybox:latest");
  EXPECT_EQ(Reference::Parse("docker.io/me/app:2")->Familiar(), "me/app:2");
  EXPECT_EQ(Reference::Parse("quay.io/a/b")->FamiliarRepository(),
            "quay.io/a/b");
}

TEST(ReferenceTest, MalformedNamesAreRefused) {
  for (const std::string& text :
       {std::string(), std::string(":"), std::string("Busybox"),
        std::string("a//b"), std::string("a/../b"), std::string("../b"),
        std::string("a:"), std::string("a:-x"), std::string("a@sha256:12"),
        std::string("a b"), std::string("-a"), std::string("a_-b"),
        std::string("a..b"), std::string("http://a/b"), std::string(64, 'a'),
        std::string(256, 'a'), absl::StrCat("a:", std::string(129, 't')),
        std::string("a\0b", 3)}) {
    EXPECT_THAT(Reference::Parse(text),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

}  // namespace
}  // namespace gantry::oci
