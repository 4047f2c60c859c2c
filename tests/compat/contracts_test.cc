// What every interface keeps to, checked over the descriptors.

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gantry/gateway/v1/system_service.pb.h"
#include "gantry/image/v1/image_service.pb.h"
#include "gantry/image/v1/snapshot_service.pb.h"
#include "gantry/runtime/v1/container_service.pb.h"
#include "gantry/types/v1/access.pb.h"
#include "gantry/types/v1/metrics_service.pb.h"

namespace gantry {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::MethodDescriptor;

std::vector<const MethodDescriptor*> AllMethods() {
  std::vector<const MethodDescriptor*> methods;
  for (const google::protobuf::FileDescriptor* file :
       {image::v1::GetImageRequest::descriptor()->file(),
        image::v1::RemoveSnapshotRequest::descriptor()->file(),
        image::v1::GetStoreInfoRequest::descriptor()->file(),
        runtime::v1::GetContainerRequest::descriptor()->file(),
        runtime::v1::GetNodeInfoRequest::descriptor()->file(),
        gateway::v1::GetInfoRequest::descriptor()->file(),
        types::v1::GetMetricsRequest::descriptor()->file()}) {
    const google::protobuf::ServiceDescriptor* service = file->service(0);
    for (int i = 0; i < service->method_count(); ++i)
      methods.push_back(service->method(i));
  }
  return methods;
}

TEST(ContractsTest, EveryMethodHasAnAccessRule) {
  for (const MethodDescriptor* method : AllMethods()) {
    EXPECT_NE(method->options().GetExtension(types::v1::access),
              types::v1::ACCESS_UNSPECIFIED)
        << method->full_name();
  }
}

TEST(ContractsTest, EveryListHasPages) {
  int lists = 0;
  for (const MethodDescriptor* method : AllMethods()) {
    if (!absl::StartsWith(method->name(), "List")) continue;
    ++lists;
    EXPECT_FALSE(method->server_streaming()) << method->full_name();
    EXPECT_NE(method->input_type()->FindFieldByName("page_size"), nullptr);
    EXPECT_NE(method->input_type()->FindFieldByName("page_token"), nullptr);
    EXPECT_NE(method->output_type()->FindFieldByName("next_page_token"),
              nullptr);
    ASSERT_NE(method->output_type()->FindFieldByNumber(1), nullptr);
    EXPECT_TRUE(method->output_type()->FindFieldByNumber(1)->is_repeated());
  }
  EXPECT_EQ(lists, 2);
}

TEST(ContractsTest, CreationCanBeRepeated) {
  for (const MethodDescriptor* method : AllMethods()) {
    if (!absl::StartsWith(method->name(), "Create")) continue;
    EXPECT_NE(method->input_type()->FindFieldByName("request_id"), nullptr)
        << method->full_name();
  }
}

TEST(ContractsTest, RequestsAndResponsesAreTheMethodsOwn) {
  for (const MethodDescriptor* method : AllMethods()) {
    EXPECT_EQ(method->input_type()->name(), method->name() + "Request");
    EXPECT_EQ(method->output_type()->name(), method->name() + "Response");
  }
}

}  // namespace
}  // namespace gantry
