#include "ctl/commands/image_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace gantry::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kOne = "sha256:" + std::string(64, '1');
const std::string kTwo = "sha256:" + std::string(64, '2');

std::vector<std::string> Lines(const image::v1::Image& image,
                               const std::string& pattern = "",
                               bool all_digests = false) {
  std::vector<std::string> lines;
  for (const Json& line :
       ImageLines(image, pattern, absl::UnixEpoch(), true, all_digests)) {
    lines.push_back(absl::StrCat(line["Repository"].get<std::string>(), " ",
                                 line["Tag"].get<std::string>(), " ",
                                 line["Digest"].get<std::string>()));
  }
  return lines;
}

TEST(ImageViewTest, EachTagHasALineWithTheDigestOfItsRepository) {
  image::v1::Image image;
  image.add_names("docker.io/library/busybox:1");
  image.add_names("docker.io/library/busybox:latest");
  image.add_names("example.org/a:1");
  image.add_repo_digests("docker.io/library/busybox@" + kOne);
  EXPECT_THAT(Lines(image),
              ElementsAre("busybox 1 " + kOne, "busybox latest " + kOne,
                          "example.org/a 1 <none>"));
}

TEST(ImageViewTest, WhatWasPulledByDigestHasNoTag) {
  image::v1::Image image;
  image.add_repo_digests("docker.io/library/busybox@" + kOne);
  image.add_repo_digests("docker.io/library/busybox@" + kTwo);
  EXPECT_THAT(Lines(image), ElementsAre("busybox <none> " + kOne));
  EXPECT_THAT(Lines(image, "", true),
              ElementsAre("busybox <none> " + kOne, "busybox <none> " + kTwo));
  EXPECT_FALSE(IsDangling(image));
}

TEST(ImageViewTest, WhatHasNoNameHasOneLine) {
  const image::v1::Image image;
  EXPECT_THAT(Lines(image), ElementsAre("<none> <none> <none>"));
  EXPECT_THAT(Lines(image, "busybox"), IsEmpty());
  EXPECT_TRUE(IsDangling(image));
}

TEST(ImageViewTest, PatternsChooseNames) {
  image::v1::Image image;
  image.add_names("docker.io/library/busybox:1");
  image.add_names("docker.io/library/busybox:latest");
  image.add_names("example.org/a:1");
  EXPECT_EQ(Lines(image, "busybox").size(), 2u);
  EXPECT_EQ(Lines(image, "docker.io/library/busybox").size(), 2u);
  EXPECT_EQ(Lines(image, "busy*").size(), 2u);
  EXPECT_THAT(Lines(image, "busybox:1"), ElementsAre("busybox 1 <none>"));
  EXPECT_THAT(Lines(image, "*/a"), ElementsAre("example.org/a 1 <none>"));
  EXPECT_THAT(Lines(image, "alpine"), IsEmpty());
}

TEST(ImageViewTest, SizesAreShownInTwoWays) {
  image::v1::Image image;
  image.add_names("docker.io/library/busybox:1");
  image.set_size_bytes(1982547);
  const Json line = ImageLines(image, "", absl::UnixEpoch(), true)[0];
  EXPECT_EQ(line["Size"], "1.98MB");
  EXPECT_EQ(line["VirtualSize"], "1.983MB");
  EXPECT_EQ(line["CreatedSince"], "N/A");
}

}  // namespace
}  // namespace gantry::ctl
