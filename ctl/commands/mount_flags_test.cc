#include "ctl/commands/mount_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/testing/status_matchers.h"

namespace gantry::ctl {
namespace {

using ::gantry::testing::StatusIs;
using ::testing::HasSubstr;

// "/from > /to", with "ro" and "made" for its options, or the error.
std::string Shown(const absl::StatusOr<runtime::v1::Mount>& mount) {
  if (!mount.ok()) return std::string(mount.status().message());
  return absl::StrCat(mount->source(), " > ", mount->target(),
                      mount->read_only() ? " ro" : "",
                      mount->create_source() ? " made" : "");
}

TEST(VolumeFlagTest, IsASourceATargetAndOptions) {
  EXPECT_EQ(Shown(ParseVolume("/a:/b")), "/a > /b made");
  EXPECT_EQ(Shown(ParseVolume("/a:/b:ro")), "/a > /b ro made");
  EXPECT_EQ(Shown(ParseVolume("/a:/b:rw,z")), "/a > /b made");
  EXPECT_EQ(Shown(ParseVolume("/a/./b/../c//:/b/")), "/a/c > /b made");
  EXPECT_EQ(Shown(ParseVolume("/:/host")), "/ > /host made");
}

TEST(VolumeFlagTest, MalformedOnesAreRefused) {
  for (const char* text : {"", ":", "/a:", ":/b", "/a:/b:", "/a:/b:ro:x"}) {
    EXPECT_THAT(ParseVolume(text), StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
  EXPECT_THAT(Shown(ParseVolume("/a:b")), HasSubstr("must be absolute"));
  EXPECT_THAT(Shown(ParseVolume("/a:/")), HasSubstr("can't be '/'"));
  EXPECT_THAT(Shown(ParseVolume("/a:/b/..")), HasSubstr("can't be '/'"));
}

TEST(VolumeFlagTest, VolumesAreNotAvailable) {
  for (const char* text : {"/data", "name:/data", "./here:/data",
                           "/a:/b:rshared", "/a:/b:nocopy"}) {
    EXPECT_THAT(ParseVolume(text), StatusIs(absl::StatusCode::kUnimplemented))
        << text;
  }
}

TEST(MountFlagTest, IsAListOfFields) {
  EXPECT_EQ(Shown(ParseMount("type=bind,src=/a,dst=/b")), "/a > /b");
  EXPECT_EQ(Shown(ParseMount("type=bind,source=/a,target=/b,readonly")),
            "/a > /b ro");
  EXPECT_EQ(Shown(ParseMount("destination=/b,TYPE=bind,src=/a/,ro=true")),
            "/a > /b ro");
  EXPECT_EQ(Shown(ParseMount("type=bind,src=/a,dst=/b,readonly=false")),
            "/a > /b");
  EXPECT_EQ(Shown(ParseMount("type=bind,\"src=/a,\"\"x\",dst=/b")),
            "/a,\"x > /b");
  EXPECT_EQ(
      Shown(ParseMount("type=bind,src=/a,dst=/b,bind-propagation=rprivate")),
      "/a > /b");
}

TEST(MountFlagTest, MalformedOnesAreRefused) {
  for (const char* text :
       {"", "type=bind", "type=bind,src=/a", "type=bind,dst=/b",
        "type=bind,src=a,dst=/b", "type=bind,src=/a,dst=b",
        "type=bind,src=/a,dst=/", "type=bind,src=/a,dst=/b,bogus=1",
        "type=bind,src=/a,dst=/b,ro=maybe", "type=bind,src=/a,dst=/b,x",
        "type=bind,\"src=/a,dst=/b"}) {
    EXPECT_THAT(ParseMount(text), StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
  EXPECT_EQ(Shown(ParseMount("type=bind,src=/a")),
            "invalid argument \"type=bind,src=/a\" for \"--mount\" flag: "
            "target is required");
}

TEST(MountFlagTest, OtherTypesAreNotAvailable) {
  for (const char* text :
       {"src=/a,dst=/b", "type=volume,src=x,dst=/b", "type=tmpfs,dst=/b",
        "type=bind,src=/a,dst=/b,bind-propagation=shared",
        "type=bind,src=/a,dst=/b,volume-nocopy=true"}) {
    EXPECT_THAT(ParseMount(text), StatusIs(absl::StatusCode::kUnimplemented))
        << text;
  }
}

}  // namespace
}  // namespace gantry::ctl
