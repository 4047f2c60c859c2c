#include "services/runtime/spec/container_path.h"

#include <gtest/gtest.h>

namespace gantry::runtime {
namespace {

TEST(CleanPathTest, RemovesWhatSaysNothing) {
  EXPECT_EQ(CleanPath("/a//b/./c/"), "/a/b/c");
  EXPECT_EQ(CleanPath("/a/../b"), "/b");
  EXPECT_EQ(CleanPath("/"), "/");
}

TEST(CleanPathTest, StaysBelowTheRoot) {
  EXPECT_EQ(CleanPath("/../../etc"), "/etc");
  EXPECT_EQ(CleanPath("/a/../../.."), "/");
}

}  // namespace
}  // namespace gantry::runtime
