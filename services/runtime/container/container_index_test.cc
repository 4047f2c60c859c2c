#include "services/runtime/container/container_index.h"

#include <gtest/gtest.h>

#include "common/status/error.h"
#include "common/testing/status_matchers.h"

namespace gantry::runtime {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

class ContainerIndexTest : public ::testing::Test {
 protected:
  void Add(const std::string& id, const std::string& name, int created_at) {
    ASSERT_THAT(index_.ReserveName(name, id), IsOk());
    StoredContainer container;
    container.info.id = id;
    container.info.name = name;
    container.info.created_at = absl::FromUnixSeconds(created_at);
    index_.Insert(std::make_shared<ContainerEntry>(container));
  }
  std::string Find(const std::string& ref) {
    const auto entry = index_.Find(ref);
    return entry.ok() ? (*entry)->id() : entry.status().ToString();
  }

  ContainerIndex index_;
};

TEST_F(ContainerIndexTest, FindsByNameIdAndPrefix) {
  Add("abc111", "web", 1);
  Add("abd222", "db", 2);
  EXPECT_EQ(Find("web"), "abc111");
  EXPECT_EQ(Find("/web"), "abc111");
  EXPECT_EQ(Find("abc111"), "abc111");
  EXPECT_EQ(Find("abd"), "abd222");
}

TEST_F(ContainerIndexTest, AnIdGoesBeforeANameAndANameBeforeAPrefix) {
  Add("abc111", "first", 1);
  Add("def222", "abc", 2);
  EXPECT_EQ(Find("abc"), "def222");
  Add("fff333", "abc111", 3);
  EXPECT_EQ(Find("abc111"), "abc111");
}

TEST_F(ContainerIndexTest, RefusesAPrefixOfSeveral) {
  Add("abc111", "web", 1);
  Add("abd222", "db", 2);
  EXPECT_THAT(index_.Find("ab"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(index_.Find(""), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(ContainerIndexTest, SaysWhatIsNotThereAsDockerDoes) {
  const absl::Status status = index_.Find("x").status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(status.message(), "No such container: x");
  EXPECT_EQ(ReasonOf(status)->reason, "CONTAINER_NOT_FOUND");
}

TEST_F(ContainerIndexTest, GivesANameToOneOnly) {
  Add("abc111", "web", 1);
  const absl::Status status = index_.ReserveName("web", "def");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(ReasonOf(status)->reason, "NAME_TAKEN");
  index_.Remove("web", "abc111");
  EXPECT_THAT(index_.ReserveName("web", "def"), IsOk());
  // A late removal of the first does not take it away again.
  index_.Remove("web", "abc111");
  EXPECT_FALSE(index_.ReserveName("web", "ghi").ok());
}

TEST_F(ContainerIndexTest, AReservedNameIsNoContainerYet) {
  ASSERT_THAT(index_.ReserveName("web", "abc"), IsOk());
  EXPECT_THAT(index_.Find("web"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(index_.Ids().size(), 1u);
  EXPECT_TRUE(index_.All().empty());
}

TEST_F(ContainerIndexTest, ListsTheNewestFirst) {
  Add("abc111", "web", 1);
  Add("abd222", "db", 2);
  const auto all = index_.All();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]->id(), "abd222");
}

}  // namespace
}  // namespace gantry::runtime
