#include "ctl/output/template/go_literal.h"

#include <gtest/gtest.h>

namespace gantry::ctl {
namespace {

TEST(GoLiteralTest, NumbersHaveBases) {
  EXPECT_EQ(ParseGoNumber("42"), Json(42));
  EXPECT_EQ(ParseGoNumber("-1_000"), Json(-1000));
  EXPECT_EQ(ParseGoNumber("+3"), Json(3));
  EXPECT_EQ(ParseGoNumber("0x2a"), Json(42));
  EXPECT_EQ(ParseGoNumber("0b11"), Json(3));
  EXPECT_EQ(ParseGoNumber("017"), Json(15));
  EXPECT_EQ(ParseGoNumber("0o17"), Json(15));
  EXPECT_EQ(ParseGoNumber("1.5e3"), Json(1500.0));
  EXPECT_EQ(ParseGoNumber(".5"), Json(0.5));
}

TEST(GoLiteralTest, WhatIsNoNumberIsRefused) {
  for (const char* text :
       {"", "1a", "-", "--1", "inf", "nan", "0x", "0b2", "1..2"}) {
    EXPECT_FALSE(ParseGoNumber(text).has_value()) << text;
  }
}

TEST(GoLiteralTest, EscapesAreResolved) {
  EXPECT_EQ(UnquoteGo(R"("a\tb\n\"\\")"), "a\tb\n\"\\");
  EXPECT_EQ(UnquoteGo(R"("\u00e9\x41\101")"),
            "\xc3\xa9"
            "AA");
  EXPECT_FALSE(UnquoteGo(R"("\z")").has_value());
  EXPECT_FALSE(UnquoteGo(R"("\x4")").has_value());
}

TEST(GoLiteralTest, CharactersAreEncodedAndDecoded) {
  for (const int64_t character : {0x41, 0xe9, 0x20ac, 0x1f600}) {
    EXPECT_EQ(DecodeUtf8(EncodeUtf8(character)), character);
  }
  EXPECT_EQ(EncodeUtf8(-1), "\xef\xbf\xbd");
  EXPECT_EQ(DecodeUtf8("\xff"), 0xfffd);
}

}  // namespace
}  // namespace gantry::ctl
