#include "common/grpc/grpc_status.h"

#include <gtest/gtest.h>

#include "common/status/error.h"

namespace gantry {
namespace {

TEST(GrpcStatusTest, EveryCodeSurvivesTheRoundTripWithItsReason) {
  for (int code = 1; code <= 16; ++code) {
    const auto absl_code = static_cast<absl::StatusCode>(code);
    const grpc::Status wire =
        ToGrpcStatus(Error(absl_code, "SOME_REASON", "message", {{"k", "v"}}));
    EXPECT_EQ(wire.error_code(), code);
    const absl::Status back = FromGrpcStatus(wire);
    EXPECT_EQ(back.code(), absl_code);
    EXPECT_EQ(back.message(), "message");
    ASSERT_TRUE(ReasonOf(back).has_value());
    EXPECT_EQ(ReasonOf(back)->reason, "SOME_REASON");
    EXPECT_EQ(ReasonOf(back)->metadata.at("k"), "v");
  }
}

TEST(GrpcStatusTest, OkStaysOk) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_TRUE(FromGrpcStatus(grpc::Status::OK).ok());
}

TEST(GrpcStatusTest, EveryErrorHasAReason) {
  const absl::Status back =
      FromGrpcStatus(ToGrpcStatus(absl::NotFoundError("x")));
  EXPECT_EQ(ReasonOf(back)->reason, "NOT_FOUND");
}

TEST(GrpcStatusTest, UnreadableDetailsAreDropped) {
  const absl::Status status = FromGrpcStatus(
      grpc::Status(grpc::StatusCode::ABORTED, "m", "\xff\xff garbage"));
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_FALSE(ReasonOf(status).has_value());
}

TEST(GrpcStatusTest, LongMessagesAreCutSoThatTheCallStillAnswers) {
  EXPECT_LE(ToGrpcStatus(absl::InternalError(std::string(1 << 20, 'x')))
                .error_message()
                .size(),
            2048u);
}

}  // namespace
}  // namespace gantry
