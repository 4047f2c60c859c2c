#include "services/gateway/server/socket_access.h"

#include <grp.h>
#include <pwd.h>
#include <sys/acl.h>

#include <cerrno>
#include <memory>
#include <type_traits>

#include "absl/strings/str_cat.h"

namespace gantry::gateway {
namespace {

constexpr size_t kBufferBytes = 64 << 10;

std::optional<gid_t> GroupId(const std::string& name) {
  std::string buffer(kBufferBytes, '\0');
  group entry = {};
  group* found = nullptr;
  if (::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(),
                   &found) != 0 ||
      found == nullptr) {
    return std::nullopt;
  }
  return found->gr_gid;
}

std::optional<uid_t> UserId(const std::string& name) {
  std::string buffer(kBufferBytes, '\0');
  passwd entry = {};
  passwd* found = nullptr;
  if (::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(),
                   &found) != 0 ||
      found == nullptr) {
    return std::nullopt;
  }
  return found->pw_uid;
}

struct FreeAcl {
  void operator()(void* acl) const { ::acl_free(acl); }
};

}  // namespace

std::optional<gid_t> GantryGroup() { return GroupId("gantry"); }

std::string AclText(const IdentityResolver::Roles& roles) {
  std::string text = "u::rw,g::rw,o::-,m::rw";
  for (const auto& [name, role] : roles.of_users) {
    const std::optional<uid_t> uid = UserId(name);
    if (uid.has_value()) absl::StrAppend(&text, ",u:", *uid, ":rw");
  }
  for (const auto& [name, role] : roles.of_groups) {
    const std::optional<gid_t> gid = GroupId(name);
    if (gid.has_value()) absl::StrAppend(&text, ",g:", *gid, ":rw");
  }
  return text;
}

absl::Status GrantAccess(const std::string& socket_path,
                         const IdentityResolver::Roles& roles) {
  if (roles.of_users.empty() && roles.of_groups.empty())
    return absl::OkStatus();
  const std::unique_ptr<std::remove_pointer_t<acl_t>, FreeAcl> acl(
      ::acl_from_text(AclText(roles).c_str()));
  if (acl == nullptr ||
      ::acl_set_file(socket_path.c_str(), ACL_TYPE_ACCESS, acl.get()) != 0) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat("set the access list of ", socket_path));
  }
  return absl::OkStatus();
}

}  // namespace gantry::gateway
