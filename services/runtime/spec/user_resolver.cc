#include "services/runtime/spec/user_resolver.h"

#include <fcntl.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/fs/file.h"
#include "common/fs/unique_fd.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace gantry::runtime {
namespace {

constexpr uint32_t kMaxId = 2147483647;
constexpr int64_t kMaxFileBytes = 1 << 20;

std::optional<uint32_t> ParseId(absl::string_view text) {
  uint32_t id = 0;
  const bool digits =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return absl::ascii_isdigit(static_cast<unsigned char>(c));
      });
  if (!digits || !absl::SimpleAtoi(text, &id) || id > kMaxId) {
    return std::nullopt;
  }
  return id;
}

absl::Status ParsePart(absl::string_view text, absl::string_view whole,
                       std::optional<uint32_t>* id, std::string* name) {
  *id = ParseId(text);
  if (id->has_value()) return absl::OkStatus();
  // What begins like a number is meant as one, and is none.
  const bool number =
      !text.empty() &&
      (absl::ascii_isdigit(static_cast<unsigned char>(text[0])) ||
       text[0] == '-' || text[0] == '+');
  if (number) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid user \"", whole,
                     "\": uids and gids must be in range 0-", kMaxId));
  }
  const bool valid =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return absl::ascii_isgraph(static_cast<unsigned char>(c)) && c != ',';
      });
  if (!valid) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid user \"", whole, "\""));
  }
  *name = std::string(text);
  return absl::OkStatus();
}

struct PasswdEntry {
  std::string name;
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::string home;
};

struct GroupEntry {
  std::string name;
  uint32_t gid = 0;
  std::vector<std::string> members;
};

std::vector<PasswdEntry> ParsePasswd(absl::string_view text) {
  std::vector<PasswdEntry> entries;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<absl::string_view> fields = absl::StrSplit(line, ':');
    if (fields.size() < 6) continue;
    const std::optional<uint32_t> uid = ParseId(fields[2]);
    const std::optional<uint32_t> gid = ParseId(fields[3]);
    if (!uid.has_value() || !gid.has_value()) continue;
    entries.push_back({std::string(absl::StripAsciiWhitespace(fields[0])), *uid,
                       *gid, std::string(fields[5])});
  }
  return entries;
}

std::vector<GroupEntry> ParseGroup(absl::string_view text) {
  std::vector<GroupEntry> entries;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<absl::string_view> fields = absl::StrSplit(line, ':');
    if (fields.size() < 4) continue;
    const std::optional<uint32_t> gid = ParseId(fields[2]);
    if (!gid.has_value()) continue;
    entries.push_back({std::string(absl::StripAsciiWhitespace(fields[0])), *gid,
                       absl::StrSplit(absl::StripAsciiWhitespace(fields[3]),
                                      ',', absl::SkipEmpty())});
  }
  return entries;
}

absl::Status NotFound(absl::string_view kind, absl::string_view file,
                      const std::string& name) {
  return Error(absl::StatusCode::kNotFound, "USER_NOT_FOUND",
               absl::StrCat("unable to find ", kind, " ", name,
                            ": no matching entries in ", file, " file"),
               {{std::string(kind), name}});
}

std::string ReadOrEmpty(int root_fd, const std::string& path) {
  // Not blocking: it may be a pipe.
  const absl::StatusOr<UniqueFd> fd =
      OpenInRoot(root_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!fd.ok()) return "";
  return ReadFd(fd->get(), path, kMaxFileBytes).value_or("");
}

}  // namespace

absl::StatusOr<UserSpec> ParseUser(absl::string_view text) {
  UserSpec spec;
  if (text.empty()) return spec;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  if (parts.size() > 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid user \"", text, "\": use user[:group]"));
  }
  GANTRY_RETURN_IF_ERROR(ParsePart(parts[0], text, &spec.uid, &spec.user_name));
  if (parts.size() == 2) {
    GANTRY_RETURN_IF_ERROR(
        ParsePart(parts[1], text, &spec.gid, &spec.group_name));
  }
  return spec;
}

bool NeedsLookup(const UserSpec& spec) {
  return !spec.user_name.empty() || !spec.group_name.empty();
}

absl::StatusOr<ResolvedUser> ResolveUserIn(absl::string_view passwd,
                                           absl::string_view group,
                                           const UserSpec& spec) {
  ResolvedUser user;
  user.uid = spec.uid.value_or(0);
  std::string matched_name;
  const std::vector<PasswdEntry> users = ParsePasswd(passwd);
  const auto entry =
      std::find_if(users.begin(), users.end(), [&](const PasswdEntry& e) {
        return spec.user_name.empty() ? e.uid == user.uid
                                      : e.name == spec.user_name;
      });
  if (entry != users.end()) {
    matched_name = entry->name;
    user.uid = entry->uid;
    user.gid = entry->gid;
    if (!entry->home.empty()) user.home = entry->home;
  } else if (!spec.user_name.empty()) {
    return NotFound("user", "passwd", spec.user_name);
  }

  const std::vector<GroupEntry> groups = ParseGroup(group);
  if (spec.gid.has_value()) {
    user.gid = *spec.gid;
  } else if (!spec.group_name.empty()) {
    const auto found = std::find_if(
        groups.begin(), groups.end(),
        [&](const GroupEntry& e) { return e.name == spec.group_name; });
    if (found == groups.end()) {
      return NotFound("group", "group", spec.group_name);
    }
    user.gid = found->gid;
  }
  user.additional_gids.push_back(user.gid);
  if (spec.gid.has_value() || !spec.group_name.empty() ||
      matched_name.empty()) {
    return user;
  }
  for (const GroupEntry& e : groups) {
    const bool member = std::find(e.members.begin(), e.members.end(),
                                  matched_name) != e.members.end();
    const bool listed =
        std::find(user.additional_gids.begin(), user.additional_gids.end(),
                  e.gid) != user.additional_gids.end();
    if (member && !listed) user.additional_gids.push_back(e.gid);
  }
  return user;
}

absl::StatusOr<ResolvedUser> ResolveUser(int root_fd, absl::string_view text) {
  GANTRY_ASSIGN_OR_RETURN(const UserSpec spec, ParseUser(text));
  return ResolveUserIn(ReadOrEmpty(root_fd, "/etc/passwd"),
                       ReadOrEmpty(root_fd, "/etc/group"), spec);
}

}  // namespace gantry::runtime
