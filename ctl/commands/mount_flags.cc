#include "ctl/commands/mount_flags.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"

namespace gantry::ctl {
namespace {

using runtime::v1::Mount;

// Options that ask for what is so anyway: Linux has one consistency, and
// without SELinux there is nothing to relabel.
constexpr absl::string_view kIdleOptions[] = {
    "rw", "z", "Z", "rprivate", "cached", "consistent", "delegated"};

bool IsIdle(absl::string_view option) {
  return std::find(std::begin(kIdleOptions), std::end(kIdleOptions), option) !=
         std::end(kIdleOptions);
}

absl::Status NotAvailable(absl::string_view flag, absl::string_view value,
                          absl::string_view why) {
  return absl::UnimplementedError(absl::StrCat(
      flag, " ", value, " is not available in this version: ", why));
}

// An absolute path without ".", ".." and double slashes.
std::string Cleaned(absl::string_view path) {
  std::vector<absl::string_view> parts;
  for (const absl::string_view part : absl::StrSplit(path, '/')) {
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
  }
  return absl::StrCat("/", absl::StrJoin(parts, "/"));
}

absl::Status CheckTarget(const Mount& mount, absl::string_view flag,
                         absl::string_view text) {
  if (!absl::StartsWith(mount.target(), "/")) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid argument \"", text, "\" for \"", flag,
                     "\" flag: invalid mount path: '", mount.target(),
                     "' mount path must be absolute"));
  }
  if (mount.target() == "/") {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid argument \"", text, "\" for \"", flag,
                     "\" flag: invalid specification: destination can't be "
                     "'/'"));
  }
  return absl::OkStatus();
}

// The fields of a line of comma-separated values, which may be in quotes.
absl::StatusOr<std::vector<std::string>> SplitFields(absl::string_view text) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"' && quoted && at + 1 < text.size() && text[at + 1] == '"') {
      fields.back() += text[at++];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  if (quoted) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid argument \"", text,
                     "\" for \"--mount\" flag: a quotation "
                     "mark is not closed"));
  }
  return fields;
}

// What the fields of --mount say.
struct MountFields {
  std::string type = "volume";
  Mount mount;
};

absl::Status SetReadOnly(absl::string_view value, bool has_value,
                         MountFields* fields) {
  bool read_only = true;
  if (has_value && !absl::SimpleAtob(value, &read_only)) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid value for readonly: ", value));
  }
  fields->mount.set_read_only(read_only);
  return absl::OkStatus();
}

absl::Status SetField(absl::string_view field, MountFields* fields) {
  const std::pair<std::string, std::string> pair =
      absl::StrSplit(field, absl::MaxSplits('=', 1));
  const std::string key = absl::AsciiStrToLower(pair.first);
  const std::string& value = pair.second;
  const bool has_value = absl::StrContains(field, '=');
  if (key == "readonly" || key == "ro") {
    return SetReadOnly(value, has_value, fields);
  }
  if (!has_value) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid field '", field, "' must be a key=value pair"));
  }
  if (key == "type") {
    fields->type = absl::AsciiStrToLower(value);
  } else if (key == "source" || key == "src") {
    fields->mount.set_source(value);
  } else if (key == "target" || key == "dst" || key == "destination") {
    fields->mount.set_target(value);
  } else if (key == "bind-propagation" && value == "rprivate") {
    return absl::OkStatus();
  } else if (absl::StartsWith(key, "bind-") ||
             absl::StartsWith(key, "volume-") ||
             absl::StartsWith(key, "tmpfs-") ||
             absl::StartsWith(key, "image-")) {
    return NotAvailable("--mount", key, "bind mounts have no such option");
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("unexpected key '", key, "' in '", field, "'"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Mount> ParseVolume(absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  if (parts.size() > 3 ||
      std::any_of(parts.begin(), parts.end(),
                  [](const std::string& part) { return part.empty(); })) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid volume specification: '", text, "'"));
  }
  if (parts.size() == 1) {
    return NotAvailable("-v, --volume", text,
                        "there are no volumes; give a directory of the host "
                        "(SOURCE:TARGET)");
  }
  if (!absl::StartsWith(parts[0], "/")) {
    return NotAvailable("-v, --volume", text,
                        "there are no named volumes; give the source as an "
                        "absolute path");
  }
  Mount mount;
  mount.set_source(Cleaned(parts[0]));
  mount.set_target(absl::StartsWith(parts[1], "/") ? Cleaned(parts[1])
                                                   : parts[1]);
  mount.set_create_source(true);
  GANTRY_RETURN_IF_ERROR(CheckTarget(mount, "-v, --volume", text));
  if (parts.size() < 3) return mount;
  for (const absl::string_view option : absl::StrSplit(parts[2], ',')) {
    if (option == "ro") {
      mount.set_read_only(true);
    } else if (!IsIdle(option)) {
      return NotAvailable(
          "-v, --volume", text,
          absl::StrCat("the options are ro and rw, not \"", option, "\""));
    }
  }
  return mount;
}

absl::StatusOr<Mount> ParseMount(absl::string_view text) {
  const auto wrong = [text](const absl::Status& status) {
    if (absl::IsUnimplemented(status)) return status;
    return absl::InvalidArgumentError(
        absl::StrCat("invalid argument \"", text,
                     "\" for \"--mount\" flag: ", status.message()));
  };
  GANTRY_ASSIGN_OR_RETURN(const std::vector<std::string> parts,
                          SplitFields(text));
  MountFields fields;
  for (const std::string& part : parts) {
    const absl::Status status = SetField(part, &fields);
    if (!status.ok()) return wrong(status);
  }
  Mount& mount = fields.mount;
  if (fields.type != "bind") {
    return NotAvailable("--mount", absl::StrCat("type=", fields.type),
                        "there are bind mounts only (type=bind)");
  }
  if (mount.target().empty()) {
    return wrong(absl::InvalidArgumentError("target is required"));
  }
  if (!absl::StartsWith(mount.source(), "/")) {
    return wrong(absl::InvalidArgumentError(
        mount.source().empty()
            ? "source is required"
            : absl::StrCat("invalid mount path: '", mount.source(),
                           "' mount path must be absolute")));
  }
  mount.set_source(Cleaned(mount.source()));
  if (absl::StartsWith(mount.target(), "/")) {
    mount.set_target(Cleaned(mount.target()));
  }
  GANTRY_RETURN_IF_ERROR(CheckTarget(mount, "--mount", text));
  return mount;
}

}  // namespace gantry::ctl
