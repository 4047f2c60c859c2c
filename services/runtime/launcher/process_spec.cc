#include "services/runtime/launcher/process_spec.h"

#include <sys/capability.h>

#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/json/json.h"
#include "common/status/status_macros.h"

namespace gantry::runtime {
namespace {

// What is known and done; any other property would be a wish left out.
constexpr const char* kProperties[] = {
    "args",     "cwd",         "env",          "user",
    "terminal", "consoleSize", "capabilities", "noNewPrivileges"};

absl::Status Bad(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("the process's ", what));
}

absl::StatusOr<std::vector<std::string>> Strings(const Json& parent,
                                                 const char* key) {
  std::vector<std::string> strings;
  if (!parent.contains(key)) return strings;
  if (!parent[key].is_array()) return Bad(absl::StrCat(key, " is no list"));
  for (const Json& element : parent[key]) {
    if (!element.is_string()) return Bad(absl::StrCat(key, " has no strings"));
    strings.push_back(element.get<std::string>());
    if (strings.back().find('\0') != std::string::npos) {
      return Bad(absl::StrCat(key, " holds a NUL character"));
    }
  }
  return strings;
}

absl::StatusOr<uint32_t> Number(const Json& parent, const char* key,
                                uint32_t most) {
  if (!parent.contains(key)) return 0;
  if (!parent[key].is_number_unsigned() || parent[key].get<uint64_t>() > most) {
    return Bad(absl::StrCat(key, " is out of range"));
  }
  return static_cast<uint32_t>(parent[key].get<uint64_t>());
}

absl::StatusOr<bool> Flag(const Json& parent, const char* key) {
  if (!parent.contains(key)) return false;
  if (!parent[key].is_boolean()) return Bad(absl::StrCat(key, " is no flag"));
  return parent[key].get<bool>();
}

absl::StatusOr<uint64_t> Capabilities(const Json& parent, const char* key) {
  GANTRY_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                          Strings(parent, key));
  uint64_t bits = 0;
  for (const std::string& name : names) {
    cap_value_t value = 0;
    if (::cap_from_name(absl::AsciiStrToLower(name).c_str(), &value) != 0 ||
        value < 0 || value > 63) {
      return Bad(absl::StrCat("capability is unknown: ", name));
    }
    bits |= uint64_t{1} << value;
  }
  return bits;
}

absl::Status ReadCapabilities(const Json& process, ProcessSpec& spec) {
  if (!process.contains("capabilities")) return absl::OkStatus();
  const Json& sets = process["capabilities"];
  GANTRY_ASSIGN_OR_RETURN(spec.bounding, Capabilities(sets, "bounding"));
  GANTRY_ASSIGN_OR_RETURN(spec.effective, Capabilities(sets, "effective"));
  GANTRY_ASSIGN_OR_RETURN(spec.permitted, Capabilities(sets, "permitted"));
  GANTRY_ASSIGN_OR_RETURN(spec.inheritable, Capabilities(sets, "inheritable"));
  GANTRY_ASSIGN_OR_RETURN(spec.ambient, Capabilities(sets, "ambient"));
  return absl::OkStatus();
}

absl::Status ReadUser(const Json& process, ProcessSpec& spec) {
  if (!process.contains("user")) return absl::OkStatus();
  constexpr uint32_t kMaxId = std::numeric_limits<int32_t>::max();
  const Json& user = process["user"];
  GANTRY_ASSIGN_OR_RETURN(spec.uid, Number(user, "uid", kMaxId));
  GANTRY_ASSIGN_OR_RETURN(spec.gid, Number(user, "gid", kMaxId));
  if (!user.contains("additionalGids")) return absl::OkStatus();
  for (const Json& gid : user["additionalGids"]) {
    if (!gid.is_number_unsigned() || gid.get<uint64_t>() > kMaxId) {
      return Bad("additionalGids are out of range");
    }
    spec.additional_gids.push_back(static_cast<gid_t>(gid.get<uint64_t>()));
  }
  return absl::OkStatus();
}

absl::Status CheckProperties(const Json& process) {
  for (const auto& [key, value] : process.items()) {
    bool known = false;
    for (const char* property : kProperties) known = known || key == property;
    if (!known) return Bad(absl::StrCat("property cannot be had: ", key));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ProcessSpec> ParseProcessSpec(absl::string_view json) {
  constexpr uint32_t kMaxSize = std::numeric_limits<uint16_t>::max();
  GANTRY_ASSIGN_OR_RETURN(const Json process, ParseJson(json));
  if (!process.is_object()) return Bad("specification is no object");
  GANTRY_RETURN_IF_ERROR(CheckProperties(process));
  ProcessSpec spec;
  GANTRY_ASSIGN_OR_RETURN(spec.args, Strings(process, "args"));
  if (spec.args.empty() || spec.args[0].empty()) return Bad("args are empty");
  GANTRY_ASSIGN_OR_RETURN(spec.env, Strings(process, "env"));
  spec.cwd = GetString(process, "cwd").value_or("/");
  if (!absl::StartsWith(spec.cwd, "/")) return Bad("cwd is not absolute");
  GANTRY_RETURN_IF_ERROR(ReadUser(process, spec));
  GANTRY_RETURN_IF_ERROR(ReadCapabilities(process, spec));
  GANTRY_ASSIGN_OR_RETURN(spec.no_new_privileges,
                          Flag(process, "noNewPrivileges"));
  GANTRY_ASSIGN_OR_RETURN(spec.terminal, Flag(process, "terminal"));
  if (process.contains("consoleSize")) {
    const Json& size = process["consoleSize"];
    GANTRY_ASSIGN_OR_RETURN(spec.rows, Number(size, "height", kMaxSize));
    GANTRY_ASSIGN_OR_RETURN(spec.columns, Number(size, "width", kMaxSize));
  }
  return spec;
}

}  // namespace gantry::runtime
