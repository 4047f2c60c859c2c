// What every BlobStore does. Each implementation's test runs it with
//
//   INSTANTIATE_TEST_SUITE_P(Local, BlobStoreContract, Values(&MakeLocal));

#ifndef GANTRY_SERVICES_IMAGE_CONTENT_BLOB_STORE_CONTRACT_H_
#define GANTRY_SERVICES_IMAGE_CONTENT_BLOB_STORE_CONTRACT_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/oci/digest.h"
#include "common/testing/status_matchers.h"
#include "services/image/content/blob_store.h"

namespace gantry::image {

using BlobStoreFactory = std::unique_ptr<BlobStore> (*)();

class BlobStoreContract : public ::testing::TestWithParam<BlobStoreFactory> {
 protected:
  absl::StatusOr<BlobInfo> Write(absl::string_view bytes,
                                 const oci::Digest& expected) {
    auto writer = store_->Begin();
    if (!writer.ok()) return writer.status();
    if (auto status = (*writer)->Append(bytes); !status.ok()) return status;
    return (*writer)->Commit(expected);
  }

  const std::unique_ptr<BlobStore> store_ = GetParam()();
};

TEST_P(BlobStoreContract, CommittedBytesCanBeReadBack) {
  auto writer = store_->Begin();
  ASSERT_THAT(writer, testing::IsOk());
  ASSERT_THAT((*writer)->Append("hello, "), testing::IsOk());
  ASSERT_THAT((*writer)->Append("world"), testing::IsOk());
  const oci::Digest digest = oci::Digest::Of("hello, world");
  ASSERT_THAT((*writer)->Commit(digest), testing::IsOk());

  auto reader = store_->Open(digest);
  ASSERT_THAT(reader, testing::IsOk());
  EXPECT_EQ((*reader)->size_bytes(), 12);
  EXPECT_EQ((*reader)->ReadAt(7, 100).value(), "world");
  EXPECT_EQ((*reader)->ReadAt(12, 100).value(), "");
}

TEST_P(BlobStoreContract, WrongDigestLeavesNothingBehind) {
  const oci::Digest expected = oci::Digest::Of("original");
  EXPECT_THAT(Write("tampered", expected),
              testing::StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(store_->Stat(expected),
              testing::StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(store_->Stat(oci::Digest::Of("tampered")),
              testing::StatusIs(absl::StatusCode::kNotFound));
  EXPECT_TRUE(store_->List()->empty());
}

TEST_P(BlobStoreContract, AnUnknownDigestIsTakenFromTheBytes) {
  const auto info = Write("bytes", oci::Digest());
  ASSERT_THAT(info, testing::IsOk());
  EXPECT_EQ(info->digest, oci::Digest::Of("bytes"));
  EXPECT_EQ(info->size_bytes, 5);
  EXPECT_FALSE(info->existed);
}

TEST_P(BlobStoreContract, TheSameBytesTwiceAreStoredOnce) {
  ASSERT_THAT(Write("bytes", oci::Digest()), testing::IsOk());
  const auto again = Write("bytes", oci::Digest::Of("bytes"));
  ASSERT_THAT(again, testing::IsOk());
  EXPECT_TRUE(again->existed);
  EXPECT_EQ(store_->List()->size(), 1u);
}

TEST_P(BlobStoreContract, AnAbandonedWriterLeavesNothing) {
  {
    auto writer = store_->Begin();
    ASSERT_THAT(writer, testing::IsOk());
    ASSERT_THAT((*writer)->Append("half"), testing::IsOk());
  }
  EXPECT_TRUE(store_->List()->empty());
}

TEST_P(BlobStoreContract, AWriterTakesNothingAfterCommit) {
  auto writer = store_->Begin();
  ASSERT_THAT(writer, testing::IsOk());
  ASSERT_THAT((*writer)->Commit(oci::Digest()), testing::IsOk());
  EXPECT_THAT((*writer)->Append("x"),
              testing::StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_P(BlobStoreContract, AReaderOutlivesDelete) {
  const oci::Digest digest = Write("bytes", oci::Digest())->digest;
  auto reader = store_->Open(digest);
  ASSERT_THAT(reader, testing::IsOk());
  ASSERT_THAT(store_->Delete(digest), testing::IsOk());
  EXPECT_EQ((*reader)->ReadAt(0, 100).value(), "bytes");
  EXPECT_THAT(store_->Open(digest),
              testing::StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(store_->Delete(digest),
              testing::StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(BlobStoreContract, ReadingOutOfRangeIsRefused) {
  const oci::Digest digest = Write("bytes", oci::Digest())->digest;
  auto reader = store_->Open(digest);
  ASSERT_THAT(reader, testing::IsOk());
  EXPECT_THAT((*reader)->ReadAt(-1, 1),
              testing::StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT((*reader)->ReadAt(0, 0),
              testing::StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_CONTENT_BLOB_STORE_CONTRACT_H_
