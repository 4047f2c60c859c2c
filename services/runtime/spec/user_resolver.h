// Whom a container's command runs as: "user", "uid", "user:group", "uid:gid"
// and so on, looked up in the container's own /etc/passwd and /etc/group. Both
// are read beneath its root, never through a link, and only if they are regular
// files of at most 1 MiB; otherwise they count as empty.
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_RUNTIME_SPEC_USER_RESOLVER_H_
#define GANTRY_SERVICES_RUNTIME_SPEC_USER_RESOLVER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gantry::runtime {

// A user as written: a number or a name each. Neither for the default, root.
struct UserSpec {
  std::optional<uint32_t> uid;
  std::string user_name;
  std::optional<uint32_t> gid;
  std::string group_name;
};

struct ResolvedUser {
  uint32_t uid = 0;
  uint32_t gid = 0;
  // The primary group first.
  std::vector<uint32_t> additional_gids;
  std::string home = "/";
};

// INVALID_ARGUMENT: an empty part, a number outside of 0 to 2147483647, or a
// name that cannot be one.
absl::StatusOr<UserSpec> ParseUser(absl::string_view text);

// Whether it can fail to be in the image.
bool NeedsLookup(const UserSpec& spec);

// `root_fd` is the container's root directory.
//
// NOT_FOUND with reason USER_NOT_FOUND: a name is in neither file.
absl::StatusOr<ResolvedUser> ResolveUser(int root_fd, absl::string_view text);

// The same with the contents of the files.
absl::StatusOr<ResolvedUser> ResolveUserIn(absl::string_view passwd,
                                           absl::string_view group,
                                           const UserSpec& spec);

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_SPEC_USER_RESOLVER_H_
