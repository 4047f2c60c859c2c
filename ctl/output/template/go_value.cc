#include "ctl/output/template/go_value.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "ctl/output/template/go_format.h"

namespace gantry::ctl {
namespace {

using TypeKind = GoType::Kind;

// What a null of `type` is.
GoValue::Kind KindOfNull(const GoType& type) {
  if (type.is_pointer) return GoValue::Kind::kNil;
  switch (type.kind) {
    case TypeKind::kBool:
      return GoValue::Kind::kBool;
    case TypeKind::kInt:
      return GoValue::Kind::kInt;
    case TypeKind::kFloat:
      return GoValue::Kind::kFloat;
    case TypeKind::kString:
      return GoValue::Kind::kString;
    case TypeKind::kList:
      return GoValue::Kind::kList;
    case TypeKind::kMap:
      return GoValue::Kind::kMap;
    case TypeKind::kStruct:
      return GoValue::Kind::kStruct;
    default:
      return GoValue::Kind::kNone;
  }
}

Json Sorted(const Json& value) {
  if (!value.is_structured()) return value;
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& element : value) list.push_back(Sorted(element));
    return list;
  }
  std::vector<std::string> keys;
  for (const auto& [key, element] : value.items()) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  Json object = Json::object();
  for (const std::string& key : keys) object[key] = Sorted(value[key]);
  return object;
}

}  // namespace

GoValue::Kind GoValue::kind() const {
  switch (json_.type()) {
    case Json::value_t::null:
      return KindOfNull(*type_);
    case Json::value_t::boolean:
      return Kind::kBool;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return IsRawNumber() ? Kind::kString : Kind::kInt;
    case Json::value_t::number_float:
      return IsRawNumber() ? Kind::kString : Kind::kFloat;
    case Json::value_t::array:
      return Kind::kList;
    case Json::value_t::object:
      return type_->kind == TypeKind::kStruct ? Kind::kStruct : Kind::kMap;
    default:
      return Kind::kString;
  }
}

std::string GoValue::TypeName() const {
  if (IsRawNumber()) return "json.Number";
  if (type_->kind != TypeKind::kAny && type_->kind != TypeKind::kRaw) {
    return type_->name;
  }
  switch (kind()) {
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kFloat:
      return "float64";
    case Kind::kString:
      return "string";
    case Kind::kList:
      return "[]interface {}";
    case Kind::kMap:
      return "map[string]interface {}";
    default:
      return "<nil>";
  }
}

bool GoValue::IsRawNumber() const {
  return json_.is_number() && type_->kind == TypeKind::kRaw;
}

bool GoValue::IsTrue() const {
  switch (kind()) {
    case Kind::kBool:
      return AsBool();
    case Kind::kInt:
      return AsInt() != 0;
    case Kind::kFloat:
      return AsFloat() != 0;
    case Kind::kString:
    case Kind::kList:
    case Kind::kMap:
      return size() > 0;
    case Kind::kStruct:
      return true;
    default:
      return false;
  }
}

bool GoValue::AsBool() const { return json_.is_boolean() && json_.get<bool>(); }

int64_t GoValue::AsInt() const {
  return json_.is_number_integer() ? json_.get<int64_t>() : 0;
}

double GoValue::AsFloat() const {
  return json_.is_number() ? json_.get<double>() : 0;
}

std::string GoValue::AsString() const {
  if (IsRawNumber()) return PrintJson(json_);
  return json_.is_string() ? json_.get<std::string>() : std::string();
}

size_t GoValue::size() const {
  if (kind() == Kind::kString) return AsString().size();
  return json_.is_structured() ? json_.size() : 0;
}

GoTypePtr GoValue::ElementType() const {
  if (type_->element != nullptr) return type_->element;
  return type_->kind == TypeKind::kRaw ? type_ : GoType::Any();
}

GoValue GoValue::At(size_t index) const {
  return GoValue(json_[index], ElementType());
}

GoValue GoValue::Get(const std::string& key) const {
  return GoValue(Has(key) ? *json_.find(key) : Json(), ElementType());
}

bool GoValue::Has(const std::string& key) const {
  return json_.is_object() && json_.contains(key);
}

std::vector<std::string> GoValue::Keys() const {
  std::vector<std::string> keys;
  if (!json_.is_object()) return keys;
  for (const auto& [key, element] : json_.items()) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  return keys;
}

GoValue GoValue::Member(const GoField& field) const {
  return GoValue(Has(field.key) ? *json_.find(field.key) : Json(), field.type);
}

std::string GoValue::Print() const {
  return kind() == Kind::kNone ? "<no value>" : GoFormat(*this);
}

std::string GoValue::PrintAsJson() const {
  if (type_->kind == TypeKind::kRaw) return PrintJson(Sorted(json_));
  // A number without a fraction has none in JSON either.
  constexpr double kMostExact = 9007199254740992;
  if (json_.is_number_float() && std::abs(AsFloat()) <= kMostExact &&
      std::trunc(AsFloat()) == AsFloat()) {
    return PrintJson(Json(static_cast<int64_t>(AsFloat())));
  }
  Json shown = json_;
  for (const GoField& field : type_->fields) {
    if (field.is_method && shown.is_object()) shown.erase(field.key);
  }
  return PrintJson(shown);
}

}  // namespace gantry::ctl
