#include "services/image/content/fake_blob_store.h"

#include <memory>

#include "services/image/content/blob_store_contract.h"

namespace gantry::image {
namespace {

std::unique_ptr<BlobStore> MakeFake() {
  return std::make_unique<FakeBlobStore>();
}

INSTANTIATE_TEST_SUITE_P(Fake, BlobStoreContract, ::testing::Values(&MakeFake));

}  // namespace
}  // namespace gantry::image
