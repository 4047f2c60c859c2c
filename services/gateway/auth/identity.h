// Identities of local users: who a peer of the unix socket is, and its role.
//
// Root, the user that the gateway runs as, and members of the group gantry are
// admin; the configuration gives other users and groups their roles; everybody
// else has none.
//
// Threads: shared freely. Accounts are read when a peer is first seen and again
// after a minute, so that a changed group counts soon.

#ifndef GANTRY_SERVICES_GATEWAY_AUTH_IDENTITY_H_
#define GANTRY_SERVICES_GATEWAY_AUTH_IDENTITY_H_

#include <sys/types.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/sync/mutex.h"
#include "services/gateway/auth/role.h"

namespace gantry::gateway {

struct Identity {
  // "uid 1000".
  std::string name;
  Role role = Role::kNone;
};

// The host's users and groups. Methods return an empty name for an unknown id.
class Accounts {
 public:
  virtual ~Accounts() = default;
  virtual std::string UserName(uid_t uid) = 0;
  // Names of the primary group `gid` and of all groups that the user is a
  // member of.
  virtual std::vector<std::string> GroupNames(uid_t uid, gid_t gid) = 0;
};

// The accounts of the C library.
class SystemAccounts : public Accounts {
 public:
  std::string UserName(uid_t uid) override;
  std::vector<std::string> GroupNames(uid_t uid, gid_t gid) override;
};

class IdentityResolver {
 public:
  struct Roles {
    std::map<std::string, Role> of_users;
    std::map<std::string, Role> of_groups;
  };

  // `accounts` must outlive this object.
  IdentityResolver(Accounts& accounts, Roles roles)
      : accounts_(accounts), roles_(std::move(roles)) {}

  Identity Resolve(uid_t uid, gid_t gid);

 private:
  struct Cached {
    Identity identity;
    absl::Time read_at;
  };

  Role RoleOf(uid_t uid, gid_t gid);

  Accounts& accounts_;
  const Roles roles_;
  Mutex mu_;
  std::map<std::pair<uid_t, gid_t>, Cached> cache_ ABSL_GUARDED_BY(mu_);
};

}  // namespace gantry::gateway

#endif  // GANTRY_SERVICES_GATEWAY_AUTH_IDENTITY_H_
