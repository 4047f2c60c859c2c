#include "services/runtime/node/node.h"

#include <gtest/gtest.h>

namespace gantry::runtime {
namespace {

TEST(NodeTest, PrettyNameIsFoundWithAndWithoutQuotes) {
  EXPECT_EQ(PrettyName("ID=x\nPRETTY_NAME=\"Some OS 12 (name)\"\n"),
            "Some OS 12 (name)");
  EXPECT_EQ(PrettyName("PRETTY_NAME=Plain"), "Plain");
  EXPECT_EQ(PrettyName(""), "Linux");
}

TEST(NodeTest, MachineIsRead) {
  const Node node = ReadNode();
  EXPECT_FALSE(node.kernel_version.empty());
  EXPECT_GT(node.cpu_count, 0);
  EXPECT_GT(node.memory_bytes, 0);
}

}  // namespace
}  // namespace gantry::runtime
