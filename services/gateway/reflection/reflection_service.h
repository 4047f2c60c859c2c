// grpc.reflection.v1 and v1alpha over all of Gantry's services.
//
// Threads: gRPC's; shared freely.

#ifndef GANTRY_SERVICES_GATEWAY_REFLECTION_REFLECTION_SERVICE_H_
#define GANTRY_SERVICES_GATEWAY_REFLECTION_REFLECTION_SERVICE_H_

#include <string>
#include <utility>
#include <vector>

#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "services/gateway/reflection/descriptor_index.h"

namespace gantry::gateway {

// `Service` is the generated service, `Request` and `Response` its messages.
template <typename Service, typename Request, typename Response>
class ReflectionServiceOf : public Service {
 public:
  // Full names of the services to list.
  explicit ReflectionServiceOf(std::vector<std::string> services)
      : services_(std::move(services)) {}

  grpc::Status ServerReflectionInfo(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<Response, Request>* stream) override {
    Request request;
    while (stream->Read(&request)) {
      Response response;
      AnswerReflection(request, services_, response);
      if (!stream->Write(response)) break;
    }
    return grpc::Status::OK;
  }

 private:
  const std::vector<std::string> services_;
};

using ReflectionService =
    ReflectionServiceOf<grpc::reflection::v1::ServerReflection::Service,
                        grpc::reflection::v1::ServerReflectionRequest,
                        grpc::reflection::v1::ServerReflectionResponse>;
using ReflectionServiceV1Alpha =
    ReflectionServiceOf<grpc::reflection::v1alpha::ServerReflection::Service,
                        grpc::reflection::v1alpha::ServerReflectionRequest,
                        grpc::reflection::v1alpha::ServerReflectionResponse>;

}  // namespace gantry::gateway

#endif  // GANTRY_SERVICES_GATEWAY_REFLECTION_REFLECTION_SERVICE_H_
