#include "services/gateway/auth/identity.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace gantry::gateway {
namespace {

constexpr char kAdminGroup[] = "gantry";
constexpr absl::Duration kKept = absl::Minutes(1);
constexpr size_t kBufferBytes = 64 << 10;
constexpr int kMaxGroups = 1024;

std::string GroupName(gid_t gid) {
  std::string buffer(kBufferBytes, '\0');
  group entry = {};
  group* found = nullptr;
  if (::getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return "";
  }
  return found->gr_name;
}

}  // namespace

std::string SystemAccounts::UserName(uid_t uid) {
  std::string buffer(kBufferBytes, '\0');
  passwd entry = {};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return "";
  }
  return found->pw_name;
}

std::vector<std::string> SystemAccounts::GroupNames(uid_t uid, gid_t gid) {
  std::vector<gid_t> gids = {gid};
  const std::string user = UserName(uid);
  if (!user.empty()) {
    int count = kMaxGroups;
    gids.resize(static_cast<size_t>(count));
    if (::getgrouplist(user.c_str(), gid, gids.data(), &count) < 0)
      count = kMaxGroups;
    gids.resize(static_cast<size_t>(count));
  }
  std::vector<std::string> names;
  for (const gid_t id : gids) {
    std::string name = GroupName(id);
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

Identity IdentityResolver::Resolve(uid_t uid, gid_t gid) {
  const auto key = std::make_pair(uid, gid);
  const absl::Time now = absl::Now();
  {
    MutexLock lock(mu_);
    const auto found = cache_.find(key);
    if (found != cache_.end() && now - found->second.read_at < kKept) {
      return found->second.identity;
    }
  }
  Identity identity{absl::StrCat("uid ", uid), RoleOf(uid, gid)};
  MutexLock lock(mu_);
  cache_[key] = {identity, now};
  return identity;
}

Role IdentityResolver::RoleOf(uid_t uid, gid_t gid) {
  if (uid == 0 || uid == ::geteuid()) return Role::kAdmin;
  const std::vector<std::string> groups = accounts_.GroupNames(uid, gid);
  if (std::find(groups.begin(), groups.end(), kAdminGroup) != groups.end()) {
    return Role::kAdmin;
  }
  const auto user = roles_.of_users.find(accounts_.UserName(uid));
  if (user != roles_.of_users.end()) return user->second;
  Role best = Role::kNone;
  for (const std::string& name : groups) {
    const auto found = roles_.of_groups.find(name);
    if (found != roles_.of_groups.end()) best = std::max(best, found->second);
  }
  return best;
}

}  // namespace gantry::gateway
