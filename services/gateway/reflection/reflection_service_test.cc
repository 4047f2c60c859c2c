#include "services/gateway/reflection/reflection_service.h"

#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

namespace gantry::gateway {
namespace {

using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

ServerReflectionResponse Answer(const ServerReflectionRequest& request) {
  ServerReflectionResponse response;
  AnswerReflection(request, {"a.B", "c.D"}, response);
  return response;
}

TEST(ReflectionTest, ServicesAreListed) {
  ServerReflectionRequest request;
  request.set_list_services("");
  const ServerReflectionResponse response = Answer(request);
  ASSERT_EQ(response.list_services_response().service_size(), 2);
  EXPECT_EQ(response.list_services_response().service(0).name(), "a.B");
}

TEST(ReflectionTest, FileOfASymbolComesFirst) {
  ServerReflectionRequest request;
  request.set_file_containing_symbol("grpc.reflection.v1.ServerReflection");
  const ServerReflectionResponse response = Answer(request);
  ASSERT_GT(response.file_descriptor_response().file_descriptor_proto_size(),
            0);
  google::protobuf::FileDescriptorProto file;
  ASSERT_TRUE(file.ParseFromString(
      response.file_descriptor_response().file_descriptor_proto(0)));
  EXPECT_EQ(file.package(), "grpc.reflection.v1");
}

TEST(ReflectionTest, UnknownSymbolIsAnErrorAnswer) {
  ServerReflectionRequest request;
  request.set_file_containing_symbol("no.Such");
  EXPECT_EQ(Answer(request).error_response().error_code(),
            static_cast<int>(absl::StatusCode::kNotFound));
  EXPECT_NE(Answer(ServerReflectionRequest()).error_response().error_code(), 0);
}

}  // namespace
}  // namespace gantry::gateway
