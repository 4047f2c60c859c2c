#include "ctl/output/template/template_compare.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/status/status_macros.h"

namespace gantry::ctl {
namespace {

using Kind = GoValue::Kind;
using Args = std::vector<GoValue>;

absl::Status Bad(absl::string_view what) {
  return absl::InvalidArgumentError(what);
}

bool IsNil(const GoValue& value) {
  return value.kind() == Kind::kNone || value.kind() == Kind::kNil;
}

bool IsBasic(const GoValue& value) {
  return value.kind() == Kind::kBool || value.kind() == Kind::kInt ||
         value.kind() == Kind::kFloat || value.kind() == Kind::kString;
}

absl::Status CheckComparable(const GoValue& value) {
  if (value.kind() != Kind::kList && value.kind() != Kind::kMap) {
    return absl::OkStatus();
  }
  return Bad(absl::StrCat("non-comparable type ", value.Print(), ": ",
                          value.TypeName()));
}

absl::StatusOr<bool> AreEqual(const GoValue& one, const GoValue& other) {
  GANTRY_RETURN_IF_ERROR(CheckComparable(other));
  if (IsNil(one) || IsNil(other)) return IsNil(one) && IsNil(other);
  if (one.kind() != other.kind()) {
    return Bad("incompatible types for comparison");
  }
  if (one.kind() == Kind::kString) return one.AsString() == other.AsString();
  return one.json() == other.json();
}

absl::StatusOr<bool> IsLess(const GoValue& one, const GoValue& other) {
  if (!IsBasic(one) || !IsBasic(other)) {
    return Bad("invalid type for comparison");
  }
  if (one.kind() != other.kind()) {
    return Bad("incompatible types for comparison");
  }
  if (one.kind() == Kind::kBool) return Bad("invalid type for comparison");
  if (one.kind() == Kind::kString) return one.AsString() < other.AsString();
  if (one.kind() == Kind::kInt) return one.AsInt() < other.AsInt();
  return one.AsFloat() < other.AsFloat();
}

}  // namespace

absl::StatusOr<GoValue> Equal(const Args& args) {
  GANTRY_RETURN_IF_ERROR(CheckComparable(args[0]));
  if (args.size() < 2) return Bad("missing argument for comparison");
  for (size_t i = 1; i < args.size(); ++i) {
    GANTRY_ASSIGN_OR_RETURN(const bool equal, AreEqual(args[0], args[i]));
    if (equal) return GoValue(Json(true));
  }
  return GoValue(Json(false));
}

absl::StatusOr<GoValue> NotEqual(const Args& args) {
  GANTRY_RETURN_IF_ERROR(CheckComparable(args[0]));
  GANTRY_ASSIGN_OR_RETURN(const bool equal, AreEqual(args[0], args[1]));
  return GoValue(Json(!equal));
}

absl::StatusOr<GoValue> Less(const Args& args) {
  GANTRY_ASSIGN_OR_RETURN(const bool less, IsLess(args[0], args[1]));
  return GoValue(Json(less));
}

absl::StatusOr<GoValue> LessOrEqual(const Args& args) {
  GANTRY_ASSIGN_OR_RETURN(const bool less, IsLess(args[0], args[1]));
  if (less) return GoValue(Json(true));
  GANTRY_ASSIGN_OR_RETURN(const bool equal, AreEqual(args[0], args[1]));
  return GoValue(Json(equal));
}

absl::StatusOr<GoValue> Greater(const Args& args) {
  GANTRY_ASSIGN_OR_RETURN(const GoValue not_greater, LessOrEqual(args));
  return GoValue(Json(!not_greater.AsBool()));
}

absl::StatusOr<GoValue> GreaterOrEqual(const Args& args) {
  GANTRY_ASSIGN_OR_RETURN(const GoValue less, Less(args));
  return GoValue(Json(!less.AsBool()));
}

}  // namespace gantry::ctl
