#include "services/image/server/page_token.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "common/oci/digest.h"
#include "common/testing/status_matchers.h"

namespace gantry::image {
namespace {

using ::gantry::testing::StatusIs;

TEST(PageTokenTest, ATokenIsReadForTheSameRequest) {
  const std::string id = oci::Digest::Of("image").hex();
  EXPECT_EQ(ReadPageToken(MakePageToken(id, "busybox"), "busybox").value(), id);
  EXPECT_EQ(ReadPageToken("", "busybox").value(), "");
}

TEST(PageTokenTest, AnotherRequestsOrAMadeUpTokenIsRefused) {
  const std::string id = oci::Digest::Of("image").hex();
  std::string token = MakePageToken(id, "busybox");
  EXPECT_THAT(ReadPageToken(token, "alpine"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadPageToken(id, ""),
              StatusIs(absl::StatusCode::kInvalidArgument));
  token[0] = token[0] == 'a' ? 'b' : 'a';
  EXPECT_THAT(ReadPageToken(token, "busybox"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace gantry::image
