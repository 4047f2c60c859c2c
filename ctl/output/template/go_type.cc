#include "ctl/output/template/go_type.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace gantry::ctl {
namespace {

GoTypePtr NewBasicType(GoType::Kind kind, absl::string_view name) {
  auto type = std::make_shared<GoType>();
  type->kind = kind;
  type->name = std::string(name);
  return type;
}

}  // namespace

const GoField* GoType::Field(absl::string_view field) const {
  for (const GoField& candidate : fields) {
    if (candidate.name == field) return &candidate;
  }
  return nullptr;
}

GoTypePtr GoType::Any() {
  static const auto& type =
      *new GoTypePtr(NewBasicType(Kind::kAny, "interface {}"));
  return type;
}

GoTypePtr GoType::Raw() {
  static const auto& type =
      *new GoTypePtr(NewBasicType(Kind::kRaw, "interface {}"));
  return type;
}

GoTypePtr GoType::Bool() {
  static const auto& type = *new GoTypePtr(NewBasicType(Kind::kBool, "bool"));
  return type;
}

GoTypePtr GoType::Int() {
  static const auto& type = *new GoTypePtr(NewBasicType(Kind::kInt, "int"));
  return type;
}

GoTypePtr GoType::Float() {
  static const auto& type =
      *new GoTypePtr(NewBasicType(Kind::kFloat, "float64"));
  return type;
}

GoTypePtr GoType::String() {
  static const auto& type =
      *new GoTypePtr(NewBasicType(Kind::kString, "string"));
  return type;
}

GoTypePtr GoType::Strings() {
  static const auto& type = *new GoTypePtr(NewListType(String()));
  return type;
}

GoTypePtr GoType::StringMap() {
  static const auto& type = *new GoTypePtr(NewMapType(String()));
  return type;
}

GoTypePtr NewListType(GoTypePtr element) {
  auto type = std::make_shared<GoType>();
  type->kind = GoType::Kind::kList;
  type->name = absl::StrCat("[]", element->name);
  type->element = std::move(element);
  return type;
}

GoTypePtr NewMapType(GoTypePtr element) {
  auto type = std::make_shared<GoType>();
  type->kind = GoType::Kind::kMap;
  type->name = absl::StrCat("map[string]", element->name);
  type->element = std::move(element);
  return type;
}

GoTypePtr NewPointerType(const GoTypePtr& type) {
  auto pointer = std::make_shared<GoType>(*type);
  pointer->name = absl::StrCat("*", type->name);
  pointer->is_pointer = true;
  return pointer;
}

GoTypePtr NewStructType(absl::string_view name, std::vector<GoField> fields) {
  auto type = std::make_shared<GoType>();
  type->kind = GoType::Kind::kStruct;
  type->name = std::string(name);
  type->fields = std::move(fields);
  return type;
}

}  // namespace gantry::ctl
