// A value of a template: JSON and its type, with the rules of Go for what is
// true, what has fields and how it looks when printed.
//
// Threads: a value.

#ifndef GANTRY_CTL_OUTPUT_TEMPLATE_GO_VALUE_H_
#define GANTRY_CTL_OUTPUT_TEMPLATE_GO_VALUE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/json/json.h"
#include "ctl/output/template/go_type.h"

namespace gantry::ctl {

class GoValue {
 public:
  enum class Kind {
    // No value: a missing key, or a null of unknown type.
    kNone,
    // A pointer to nothing.
    kNil,
    kBool,
    kInt,
    kFloat,
    kString,
    kList,
    kMap,
    kStruct,
  };

  // No value.
  GoValue() : type_(GoType::Any()) {}
  explicit GoValue(Json json, GoTypePtr type = GoType::Any())
      : json_(std::move(json)), type_(std::move(type)) {}

  Kind kind() const;
  const Json& json() const { return json_; }
  const GoTypePtr& type() const { return type_; }
  // "string", "[]string", "<nil>".
  std::string TypeName() const;
  // A number that is a text of digits; its kind is kString.
  bool IsRawNumber() const;

  // Whether {{if}} takes it for true.
  bool IsTrue() const;

  // Of the kind that the name says; the zero value for another.
  bool AsBool() const;
  int64_t AsInt() const;
  double AsFloat() const;
  std::string AsString() const;

  // Bytes of a string, elements of a list or a map; else 0.
  size_t size() const;
  // Element `index` of a list, which must be there.
  GoValue At(size_t index) const;
  // Element `key` of a map; a missing one is null of the element's type.
  GoValue Get(const std::string& key) const;
  bool Has(const std::string& key) const;
  // Keys of a map, sorted.
  std::vector<std::string> Keys() const;
  // The member of a structure; of the field's zero value if it is left out.
  GoValue Member(const GoField& field) const;

  // As {{.}} prints it.
  std::string Print() const;
  // As {{json .}} prints it: compact, maps of unknown documents sorted, methods
  // left out.
  std::string PrintAsJson() const;

 private:
  GoTypePtr ElementType() const;

  Json json_;
  GoTypePtr type_;
};

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_TEMPLATE_GO_VALUE_H_
