#include "common/json/json.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace gantry {
namespace {

constexpr int kMaxDepth = 64;

// Builds the value while it checks what nlohmann's own parser lets pass: depth
// and repeated keys.
class CheckedBuilder : public nlohmann::detail::json_sax_dom_parser<Json> {
 public:
  using Base = nlohmann::detail::json_sax_dom_parser<Json>;
  explicit CheckedBuilder(Json& root)
      : Base(root, /*allow_exceptions_=*/false) {}

  bool start_object(std::size_t length) {
    keys_.emplace_back();
    return Enter() && Base::start_object(length);
  }
  bool end_object() {
    keys_.pop_back();
    --depth_;
    return Base::end_object();
  }
  bool start_array(std::size_t length) {
    return Enter() && Base::start_array(length);
  }
  bool end_array() {
    --depth_;
    return Base::end_array();
  }
  bool key(std::string& name) {
    if (!keys_.back().insert(name).second) {
      error_ = absl::StrCat("the key \"", name, "\" is there twice");
      return false;
    }
    return Base::key(name);
  }
  template <typename Exception>
  bool parse_error(std::size_t position, const std::string& token,
                   const Exception&) {
    error_ = absl::StrCat("not JSON at byte ", position);
    return false;
  }

  const std::string& error() const { return error_; }

 private:
  bool Enter() {
    if (++depth_ <= kMaxDepth) return true;
    error_ = absl::StrCat("deeper than ", kMaxDepth, " levels");
    return false;
  }

  int depth_ = 0;
  std::vector<std::set<std::string>> keys_;
  std::string error_;
};

absl::Status WrongType(absl::string_view key, absl::string_view wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", key, "\" is not ", wanted));
}

// Null if the member is missing or null.
const Json* Member(const Json& object, absl::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(std::string(key));
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

}  // namespace

absl::StatusOr<Json> ParseJson(absl::string_view text) {
  Json root;
  CheckedBuilder builder(root);
  const bool ok = Json::sax_parse(text.begin(), text.end(), &builder);
  if (!ok) {
    return absl::InvalidArgumentError(
        builder.error().empty() ? "not JSON" : builder.error());
  }
  return root;
}

std::string PrintJson(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<std::string> GetString(const Json& object,
                                      absl::string_view key) {
  const Json* member = Member(object, key);
  if (member == nullptr) return std::string();
  if (!member->is_string()) return WrongType(key, "a string");
  return member->get<std::string>();
}

absl::StatusOr<int64_t> GetInt(const Json& object, absl::string_view key) {
  const Json* member = Member(object, key);
  if (member == nullptr) return int64_t{0};
  if (!member->is_number_integer() ||
      (member->is_number_unsigned() && member->get<uint64_t>() > INT64_MAX)) {
    return WrongType(key, "an integer");
  }
  return member->get<int64_t>();
}

absl::StatusOr<bool> GetBool(const Json& object, absl::string_view key) {
  const Json* member = Member(object, key);
  if (member == nullptr) return false;
  if (!member->is_boolean()) return WrongType(key, "true or false");
  return member->get<bool>();
}

absl::StatusOr<std::vector<std::string>> GetStrings(const Json& object,
                                                    absl::string_view key) {
  GANTRY_ASSIGN_OR_RETURN(const Json array, GetArray(object, key));
  std::vector<std::string> result;
  for (const Json& element : array) {
    if (!element.is_string()) return WrongType(key, "an array of strings");
    result.push_back(element.get<std::string>());
  }
  return result;
}

absl::StatusOr<std::map<std::string, std::string>> GetStringMap(
    const Json& object, absl::string_view key) {
  GANTRY_ASSIGN_OR_RETURN(const Json map, GetObject(object, key));
  std::map<std::string, std::string> result;
  for (const auto& [name, value] : map.items()) {
    if (!value.is_string()) return WrongType(key, "an object of strings");
    result.emplace(name, value.get<std::string>());
  }
  return result;
}

absl::StatusOr<Json> GetObject(const Json& object, absl::string_view key) {
  const Json* member = Member(object, key);
  if (member == nullptr) return Json::object();
  if (!member->is_object()) return WrongType(key, "an object");
  return *member;
}

absl::StatusOr<Json> GetArray(const Json& object, absl::string_view key) {
  const Json* member = Member(object, key);
  if (member == nullptr) return Json::array();
  if (!member->is_array()) return WrongType(key, "an array");
  return *member;
}

}  // namespace gantry
