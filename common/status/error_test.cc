#include "common/status/error.h"

#include <gtest/gtest.h>

namespace gantry {
namespace {

TEST(ErrorTest, ReasonAndMetadataComeBack) {
  const absl::Status status =
      Error(absl::StatusCode::kNotFound, "IMAGE_NOT_FOUND", "no image",
            {{"image", "a:1"}, {"b", ""}});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  const auto reason = ReasonOf(status);
  ASSERT_TRUE(reason.has_value());
  EXPECT_EQ(reason->reason, "IMAGE_NOT_FOUND");
  EXPECT_EQ(reason->metadata.at("image"), "a:1");
  EXPECT_EQ(reason->metadata.at("b"), "");
}

TEST(ErrorTest, StatusWithoutReasonHasNone) {
  EXPECT_FALSE(ReasonOf(absl::NotFoundError("x")).has_value());
}

TEST(ErrorTest, AnnotateKeepsCodeAndReason) {
  const absl::Status status = Annotate(
      Error(absl::StatusCode::kDataLoss, "DIGEST_MISMATCH", "bad"), "layer 3");
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(status.message(), "layer 3: bad");
  EXPECT_EQ(ReasonOf(status)->reason, "DIGEST_MISMATCH");
}

TEST(ErrorTest, OkStaysOk) {
  EXPECT_TRUE(Annotate(absl::OkStatus(), "x").ok());
  EXPECT_TRUE(WithReason(absl::OkStatus(), {"X", {}}).ok());
}

}  // namespace
}  // namespace gantry
