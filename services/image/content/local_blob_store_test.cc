#include "services/image/content/local_blob_store.h"

#include <memory>
#include <string>
#include <vector>

#include "common/fs/file.h"
#include "common/fs/temp_dir.h"
#include "services/image/content/blob_store_contract.h"

namespace gantry::image {
namespace {

std::unique_ptr<BlobStore> MakeLocal() {
  // Lives as long as the program: a store must not lose its directory.
  static auto* const directories = new std::vector<TempDir>();
  directories->push_back(TempDir::Create().value());
  return LocalBlobStore::Create(directories->back().path()).value();
}

INSTANTIATE_TEST_SUITE_P(Local, BlobStoreContract,
                         ::testing::Values(&MakeLocal));

TEST(LocalBlobStoreTest, BlobsSurviveAndHalfWrittenOnesAreSwept) {
  const TempDir dir = TempDir::Create().value();
  oci::Digest digest;
  {
    auto store = LocalBlobStore::Create(dir.path()).value();
    auto writer = store->Begin().value();
    ASSERT_THAT(writer->Append("kept"), testing::IsOk());
    digest = writer->Commit(oci::Digest())->digest;
  }
  ASSERT_THAT(WriteFileAtomically(dir.path() + "/ingest/left", "half", 0600,
                                  /*sync=*/false),
              testing::IsOk());

  auto store = LocalBlobStore::Create(dir.path()).value();
  EXPECT_EQ(store->Stat(digest)->size_bytes, 4);
  EXPECT_TRUE(ListDirectory(dir.path() + "/ingest")->empty());
  EXPECT_EQ(ReadFile(dir.path() + "/blobs/sha256/" + digest.hex(), 100).value(),
            "kept");
}

TEST(LocalBlobStoreTest, AnEmptyDigestNamesNoBlob) {
  const TempDir dir = TempDir::Create().value();
  auto store = LocalBlobStore::Create(dir.path()).value();
  EXPECT_THAT(store->Open(oci::Digest()),
              testing::StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace gantry::image
