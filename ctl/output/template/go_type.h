// What a value of a template is where JSON alone does not say: which objects
// are structures (their members are known, in an order, and one that is left
// out has a zero value) and which are maps, and what a null stands for.
//
// Threads: safe; nothing changes after construction.

#ifndef GANTRY_CTL_OUTPUT_TEMPLATE_GO_TYPE_H_
#define GANTRY_CTL_OUTPUT_TEMPLATE_GO_TYPE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace gantry::ctl {

struct GoType;
using GoTypePtr = std::shared_ptr<const GoType>;

struct GoField {
  // What a template calls it: "ID".
  std::string name;
  // Its key in the JSON object: "Id".
  std::string key;
  GoTypePtr type;
  // {{.Label "x"}}: takes one string and looks it up in the map of this field.
  // It is not printed.
  bool is_method = false;
};

struct GoType {
  enum class Kind {
    // Whatever the JSON is.
    kAny,
    // The same, but numbers are texts of digits, as in a document that was
    // parsed without knowing what it is.
    kRaw,
    kBool,
    kInt,
    kFloat,
    kString,
    kList,
    kMap,
    kStruct,
  };

  Kind kind = Kind::kAny;
  // As messages show it: "string", "[]string", "container".
  std::string name;
  // Of lists and maps; null for what is inside of kAny and kRaw, which is of
  // the same kind.
  GoTypePtr element = nullptr;
  // Of structures.
  std::vector<GoField> fields = {};
  // Null is no value, rather than an empty one.
  bool is_pointer = false;

  // Null if the structure has no field of this name.
  const GoField* Field(absl::string_view field) const;

  static GoTypePtr Any();
  static GoTypePtr Raw();
  static GoTypePtr Bool();
  static GoTypePtr Int();
  static GoTypePtr Float();
  static GoTypePtr String();
  static GoTypePtr Strings();
  static GoTypePtr StringMap();
};

GoTypePtr NewListType(GoTypePtr element);
GoTypePtr NewMapType(GoTypePtr element);
GoTypePtr NewPointerType(const GoTypePtr& type);
GoTypePtr NewStructType(absl::string_view name, std::vector<GoField> fields);

}  // namespace gantry::ctl

#endif  // GANTRY_CTL_OUTPUT_TEMPLATE_GO_TYPE_H_
