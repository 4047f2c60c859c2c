#include "services/image/registry/url.h"

#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "common/testing/status_matchers.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

TEST(UrlTest, PartsAreRead) {
  const Url url = Url::Parse("https://Registry.Example:5000/v2/?a=b").value();
  EXPECT_TRUE(url.is_https());
  EXPECT_EQ(url.host(), "registry.example");
  EXPECT_EQ(url.Authority(), "registry.example:5000");
  EXPECT_EQ(Url::Parse("https://a.example:443/")->Authority(), "a.example");
}

TEST(UrlTest, WhatIsNoWebAddressIsRefused) {
  for (const char* text :
       {"", "a", "/v2/", "ftp://a/", "file:///etc/passwd", "https://u:p@a/",
        "https://a@b/", "https://a b/", "https://a\r\nX: y/", "https://",
        "https://a:99999/", "gopher://a/", "https://a/\x01"}) {
    EXPECT_THAT(Url::Parse(text), StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

// CVE-2026-92543: a name that resolves to a loopback address is not one.
TEST(UrlTest, OnlyWhatIsWrittenAsLoopbackIsLoopback) {
  for (const char* text : {"http://localhost:5000/", "http://127.0.0.1/",
                           "http://127.8.9.10:1/", "http://[::1]:5000/"}) {
    EXPECT_TRUE(Url::Parse(text)->IsLoopback()) << text;
  }
  for (const char* text :
       {"http://localhost.example/", "http://127.0.0.1.example/",
        "http://128.0.0.1/", "http://10.127.0.1/", "http://[::2]/",
        "http://localhostx/"}) {
    EXPECT_FALSE(Url::Parse(text)->IsLoopback()) << text;
  }
}

TEST(UrlTest, ReferencesAreResolved) {
  const Url base = Url::Parse("https://a.example/v2/x").value();
  EXPECT_EQ(base.Resolve("/y?z=1")->text(), "https://a.example/y?z=1");
  EXPECT_EQ(base.Resolve("https://b.example/")->host(), "b.example");
  EXPECT_EQ(base.Resolve("//c.example/q")->host(), "c.example");
  EXPECT_THAT(base.Resolve("file:///etc/passwd"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(base.Resolve("https://u:p@b.example/"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(UrlTest, QueryValuesAreEncoded) {
  const Url url = Url::Parse("https://a.example/token?x=1").value();
  const auto more = url.WithQuery("scope", "repository:a/b:pull&q=#");
  ASSERT_THAT(more, IsOk());
  EXPECT_EQ(more->text(),
            "https://a.example/token?x=1&scope=repository%3aa%2fb%3apull%26q%"
            "3d%23");
}

TEST(UrlTest, OriginIsSchemeHostAndPort) {
  const Url url = Url::Parse("https://a.example/").value();
  EXPECT_TRUE(url.IsSameOrigin(*Url::Parse("https://A.example:443/x")));
  EXPECT_FALSE(url.IsSameOrigin(*Url::Parse("http://a.example:443/")));
  EXPECT_FALSE(url.IsSameOrigin(*Url::Parse("https://a.example:444/")));
  EXPECT_FALSE(url.IsSameOrigin(*Url::Parse("https://b.example/")));
}

}  // namespace
}  // namespace gantry::image
