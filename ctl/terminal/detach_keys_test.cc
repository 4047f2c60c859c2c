#include "ctl/terminal/detach_keys.h"

#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"

namespace gantry::ctl {
namespace {

using ::gantry::testing::StatusIs;

TEST(DetachKeysTest, AreReadAsDockerDoes) {
  EXPECT_EQ(ParseDetachKeys("").value(), "\x10\x11");
  EXPECT_EQ(ParseDetachKeys("ctrl-a,d").value(),
            "\x01"
            "d");
  EXPECT_EQ(
      ParseDetachKeys("ctrl-@,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_,DEL").value(),
      std::string("\0\x1b\x1c\x1d\x1e\x1f\x7f", 7));
  EXPECT_EQ(ParseDetachKeys("ctrl-z").value(), "\x1a");
  for (const char* bad :
       {"ctrl-A", "ctrl-", "ctrl-1", "foo", "a,", ",", "^p"}) {
    EXPECT_THAT(ParseDetachKeys(bad),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << bad;
  }
  EXPECT_EQ(ParseDetachKeys("ctrl-a,foo").status().message(),
            "invalid detach keys (ctrl-a,foo) provided: Unknown character: "
            "'foo'");
}

// What comes through, "!" for the detachment and "|" between the inputs.
std::string Scanned(const std::string& keys,
                    const std::vector<std::string>& inputs) {
  DetachKeyScanner scanner(keys);
  std::string text;
  for (const std::string& input : inputs) {
    const DetachKeyScanner::Result result = scanner.Scan(input);
    text += result.bytes + (result.detached ? "!" : "|");
  }
  return text + scanner.TakeHeld();
}

TEST(DetachKeyScannerTest, FindsTheKeysWhereverTheyAreCut) {
  EXPECT_EQ(Scanned("pq", {"abpqcd"}), "ab!");
  EXPECT_EQ(Scanned("pq", {"abp", "q"}), "ab|!");
  EXPECT_EQ(Scanned("pq", {"p", "q"}), "|!");
  EXPECT_EQ(Scanned("abc", {"a", "b", "c"}), "||!");
  EXPECT_EQ(Scanned("d", {"xd"}), "x!");
}

TEST(DetachKeyScannerTest, SendsWhatItHeldWhenTheMatchFails) {
  EXPECT_EQ(Scanned("pq", {"p", "x"}), "|px|");
  EXPECT_EQ(Scanned("pq", {"pp", "q"}), "p|!");
  EXPECT_EQ(Scanned("aab", {"aaab"}), "a!");
  EXPECT_EQ(Scanned("abab", {"abaabab"}), "aba!");
  EXPECT_EQ(Scanned("pq", {"p"}), "|p");
}

TEST(DetachKeyScannerTest, WithoutKeysEverythingPasses) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  EXPECT_EQ(Scanned("", {all}), all + "|");
  EXPECT_EQ(Scanned("\x10\x11", {std::string("\0\x10\0", 3)}),
            std::string("\0\x10\0|", 4));
}

}  // namespace
}  // namespace gantry::ctl
