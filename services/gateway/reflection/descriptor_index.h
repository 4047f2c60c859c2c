// Answers gRPC's reflection requests from the descriptors that are linked into
// the program: gRPC's own plugin lists only services that a server registers,
// and a forwarder registers none.
//
// Both versions of the protocol have the same messages under other names, so
// the answer is made by a template over them.
//
// Threads: free functions over constant data.

#ifndef GANTRY_SERVICES_GATEWAY_REFLECTION_DESCRIPTOR_INDEX_H_
#define GANTRY_SERVICES_GATEWAY_REFLECTION_DESCRIPTOR_INDEX_H_

#include <google/protobuf/descriptor.h>

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gantry::gateway {

// Serialized FileDescriptorProtos: the file and all it imports.
std::vector<std::string> FileWithImports(
    const google::protobuf::FileDescriptor& file);

// NOT_FOUND, both: there is no such file or symbol.
absl::StatusOr<const google::protobuf::FileDescriptor*> FileByName(
    const std::string& name);
absl::StatusOr<const google::protobuf::FileDescriptor*> FileOfSymbol(
    const std::string& symbol);

// Numbers of all extensions of a message type.
//
// NOT_FOUND: there is no such type.
absl::StatusOr<std::vector<int>> ExtensionNumbers(const std::string& type);

// Fills one answer. `Request` and `Response` are ServerReflectionRequest and
// ServerReflectionResponse of either version.
template <typename Request, typename Response>
void AnswerReflection(const Request& request,
                      const std::vector<std::string>& services,
                      Response& response) {
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  const auto fail = [&response](const absl::Status& status) {
    response.mutable_error_response()->set_error_code(
        static_cast<int>(status.code()));
    response.mutable_error_response()->set_error_message(
        std::string(status.message()));
  };
  const auto give_file =
      [&](const absl::StatusOr<const google::protobuf::FileDescriptor*>& file) {
        if (!file.ok()) return fail(file.status());
        for (std::string& bytes : FileWithImports(**file)) {
          response.mutable_file_descriptor_response()
              ->add_file_descriptor_proto(std::move(bytes));
        }
      };
  switch (request.message_request_case()) {
    case Request::kFileByFilename:
      return give_file(FileByName(request.file_by_filename()));
    case Request::kFileContainingSymbol:
      return give_file(FileOfSymbol(request.file_containing_symbol()));
    case Request::kListServices:
      for (const std::string& name : services) {
        response.mutable_list_services_response()->add_service()->set_name(
            name);
      }
      return;
    case Request::kFileContainingExtension: {
      const auto& wanted = request.file_containing_extension();
      const auto* pool = google::protobuf::DescriptorPool::generated_pool();
      const auto* type = pool->FindMessageTypeByName(wanted.containing_type());
      const auto* extension =
          type == nullptr
              ? nullptr
              : pool->FindExtensionByNumber(type, wanted.extension_number());
      if (extension == nullptr)
        return fail(absl::NotFoundError("no such extension"));
      return give_file(extension->file());
    }
    case Request::kAllExtensionNumbersOfType: {
      const auto numbers =
          ExtensionNumbers(request.all_extension_numbers_of_type());
      if (!numbers.ok()) return fail(numbers.status());
      auto& answer = *response.mutable_all_extension_numbers_response();
      answer.set_base_type_name(request.all_extension_numbers_of_type());
      for (const int number : *numbers) answer.add_extension_number(number);
      return;
    }
    default:
      return fail(absl::InvalidArgumentError("the request asks for nothing"));
  }
}

}  // namespace gantry::gateway

#endif  // GANTRY_SERVICES_GATEWAY_REFLECTION_DESCRIPTOR_INDEX_H_
