#include "services/image/registry/registry_error.h"

#include <gtest/gtest.h>

#include <string>

namespace gantry::image {
namespace {

TEST(RegistryErrorTest, TheFirstErrorIsTheMessage) {
  EXPECT_EQ(
      RegistryMessage(
          R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{}}]})"),
      "manifest unknown");
  EXPECT_EQ(
      RegistryMessage(
          R"({"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"},{}]})"),
      "toomanyrequests: slow down");
  EXPECT_EQ(RegistryMessage(R"({"errors":[{"code":"DENIED"}]})"), "denied");
  EXPECT_EQ(RegistryMessage(R"({"details":"incorrect password"})"),
            "incorrect password");
}

TEST(RegistryErrorTest, AnythingElseIsNoMessage) {
  for (const char* body : {"", "<html>", "[]", "{}", R"({"errors":{}})",
                           R"({"errors":["x"]})", R"({"errors":[]})"}) {
    EXPECT_EQ(RegistryMessage(body), "") << body;
  }
}

TEST(RegistryErrorTest, ForeignTextIsOneCleanLine) {
  EXPECT_EQ(OneLine("a\r\nb\x1b[31mc\x7f"), "a b [31mc");
  EXPECT_EQ(OneLine("caf\xc3\xa9"), "caf\xc3\xa9");
  // Broken UTF-8, a C1 control character, a change of direction.
  EXPECT_EQ(OneLine("a\xff\xc3"), "a");
  EXPECT_EQ(OneLine("a\xc2\x9b"
                    "b"),
            "a b");
  EXPECT_EQ(OneLine("a\xe2\x80\xae"
                    "b"),
            "a b");
  EXPECT_EQ(OneLine(std::string(1000, 'x'), 10), "xxxxxxxxxx...");
  EXPECT_EQ(OneLine("abc\xc3\xa9", 4), "abc...");
}

}  // namespace
}  // namespace gantry::image
