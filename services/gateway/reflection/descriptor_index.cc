#include "services/gateway/reflection/descriptor_index.h"

#include <google/protobuf/descriptor.pb.h>

#include "absl/strings/str_cat.h"

namespace gantry::gateway {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;

void Collect(const FileDescriptor& file, std::set<std::string>& seen,
             std::vector<std::string>& out) {
  if (!seen.insert(file.name()).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  out.push_back(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i)
    Collect(*file.dependency(i), seen, out);
}

}  // namespace

std::vector<std::string> FileWithImports(const FileDescriptor& file) {
  std::set<std::string> seen;
  std::vector<std::string> out;
  Collect(file, seen, out);
  return out;
}

absl::StatusOr<const FileDescriptor*> FileByName(const std::string& name) {
  const FileDescriptor* file =
      DescriptorPool::generated_pool()->FindFileByName(name);
  if (file == nullptr)
    return absl::NotFoundError(absl::StrCat("no file ", name));
  return file;
}

absl::StatusOr<const FileDescriptor*> FileOfSymbol(const std::string& symbol) {
  const FileDescriptor* file =
      DescriptorPool::generated_pool()->FindFileContainingSymbol(symbol);
  if (file == nullptr)
    return absl::NotFoundError(absl::StrCat("no symbol ", symbol));
  return file;
}

absl::StatusOr<std::vector<int>> ExtensionNumbers(const std::string& type) {
  const DescriptorPool* pool = DescriptorPool::generated_pool();
  const google::protobuf::Descriptor* descriptor =
      pool->FindMessageTypeByName(type);
  if (descriptor == nullptr)
    return absl::NotFoundError(absl::StrCat("no type ", type));
  std::vector<const google::protobuf::FieldDescriptor*> extensions;
  pool->FindAllExtensions(descriptor, &extensions);
  std::vector<int> numbers;
  for (const auto* extension : extensions)
    numbers.push_back(extension->number());
  return numbers;
}

}  // namespace gantry::gateway
