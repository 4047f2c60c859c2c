#include "services/gateway/auth/method_access.h"

#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"
#include "gantry/image/v1/image_service.pb.h"
#include "gantry/image/v1/snapshot_service.pb.h"

namespace gantry::gateway {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

// Naming a message links its file's descriptor.
const std::string kImages =
    image::v1::GetImageRequest::descriptor()->file()->service(0)->full_name();
const std::string kSnapshots = image::v1::RemoveSnapshotRequest::descriptor()
                                   ->file()
                                   ->service(0)
                                   ->full_name();

TEST(MethodAccessTest, RoleOfTheMethodIsAskedFor) {
  const MethodAccess access({kImages, kSnapshots}, {});
  const std::string list = "/" + kImages + "/ListImages";
  const std::string remove = "/" + kImages + "/RemoveImage";
  EXPECT_THAT(access.Check(list, {"u", Role::kReader}), IsOk());
  EXPECT_THAT(access.Check(list, {"u", Role::kNone}),
              StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(access.Check(remove, {"u", Role::kReader}),
              StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(access.Check(remove, {"u", Role::kOperator}), IsOk());
}

TEST(MethodAccessTest, InternalMethodsAreRefusedToEverybody) {
  const MethodAccess access({kSnapshots}, {});
  EXPECT_THAT(
      access.Check("/" + kSnapshots + "/PrepareSnapshot", {"u", Role::kAdmin}),
      StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST(MethodAccessTest, UnknownMethodsAreUnimplemented) {
  const MethodAccess access({kImages}, {});
  EXPECT_THAT(access.Check("/x/Y", {"u", Role::kAdmin}),
              StatusIs(absl::StatusCode::kUnimplemented));
}

}  // namespace
}  // namespace gantry::gateway
