#include "common/oci/digest.h"

#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"

namespace gantry::oci {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

constexpr char kEmpty[] =
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(DigestTest, OfTheEmptyStringIsKnown) {
  EXPECT_EQ(Digest::Of("").ToString(), kEmpty);
}

TEST(DigestTest, ParsedDigestPrintsAsItWas) {
  const absl::StatusOr<Digest> digest = Digest::Parse(kEmpty);
  ASSERT_THAT(digest, IsOk());
  EXPECT_EQ(digest->ToString(), kEmpty);
  EXPECT_EQ(*digest, Digest::Of(""));
}

TEST(DigestTest, PiecesHashAsTheWhole) {
  DigestHasher hasher;
  hasher.Update("hello, ");
  hasher.Update("world");
  EXPECT_EQ(hasher.Finish(), Digest::Of("hello, world"));
}

TEST(DigestTest, AnythingElseIsRefused) {
  const std::string hex(64, 'a');
  for (const std::string& text :
       {std::string(), hex, "sha256:" + hex + "a", "sha256:" + hex.substr(1),
        "SHA256:" + hex, "sha256:" + std::string(64, 'A'),
        "sha512:" + hex + hex, std::string("sha256:../../../../etc/passwd"),
        "sha256:" + hex.substr(1) + "/", " sha256:" + hex,
        "sha256:" + hex.substr(1) + std::string(1, '\0')}) {
    EXPECT_THAT(Digest::Parse(text),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

}  // namespace
}  // namespace gantry::oci
