#include "services/gateway/auth/identity.h"

#include <gtest/gtest.h>

namespace gantry::gateway {
namespace {

class FakeAccounts : public Accounts {
 public:
  std::string UserName(uid_t uid) override { return uid == 1000 ? "ann" : ""; }
  std::vector<std::string> GroupNames(uid_t uid, gid_t gid) override {
    if (gid == 7) return {"gantry"};
    if (gid == 8) return {"staff", "ops"};
    return {};
  }
};

TEST(IdentityResolverTest, RolesComeFromUserThenGroup) {
  FakeAccounts accounts;
  IdentityResolver resolver(
      accounts, {{{"ann", Role::kReader}},
                 {{"staff", Role::kReader}, {"ops", Role::kOperator}}});
  EXPECT_EQ(resolver.Resolve(0, 0).role, Role::kAdmin);
  EXPECT_EQ(resolver.Resolve(1001, 7).role, Role::kAdmin);
  EXPECT_EQ(resolver.Resolve(1000, 8).role, Role::kReader);
  EXPECT_EQ(resolver.Resolve(1001, 8).role, Role::kOperator);
  EXPECT_EQ(resolver.Resolve(1001, 9).role, Role::kNone);
  EXPECT_EQ(resolver.Resolve(1001, 9).name, "uid 1001");
}

TEST(RoleTest, NamesComeBack) {
  for (const Role role : {Role::kReader, Role::kOperator, Role::kAdmin}) {
    EXPECT_EQ(ParseRole(RoleName(role)).value(), role);
  }
  EXPECT_FALSE(ParseRole("none").ok());
  EXPECT_FALSE(ParseRole("root").ok());
}

}  // namespace
}  // namespace gantry::gateway
