#include "common/docker/image_inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gantry::docker {
namespace {

image::v1::Image Image() {
  image::v1::Image image;
  image.set_id("sha256:12");
  image.add_names("docker.io/library/busybox:latest");
  image.add_repo_digests("docker.io/library/busybox@sha256:" +
                         std::string(64, 'd'));
  image.add_diff_ids("sha256:34");
  image.set_size_bytes(7);
  image.mutable_platform()->set_architecture("arm64");
  image.mutable_platform()->set_variant("v8");
  image.mutable_platform()->set_os("linux");
  return image;
}

TEST(ImageInspectTest, KeysAreDockersInItsOrder) {
  const Json json = InspectImage(
      Image(), Json{{"author", "me"}, {"config", {{"Cmd", {"sh", "-c"}}}}},
      {"overlay"});
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_THAT(
      keys, ::testing::ElementsAre(
                "Id", "RepoTags", "RepoDigests", "Parent", "Comment", "Created",
                "Container", "ContainerConfig", "DockerVersion", "Author",
                "Config", "Architecture", "Variant", "Os", "Size",
                "VirtualSize", "GraphDriver", "RootFS", "Metadata"));
  EXPECT_EQ(json["RepoTags"], Json::array({"busybox:latest"}));
  EXPECT_EQ(json["RepoDigests"][0], "busybox@sha256:" + std::string(64, 'd'));
  EXPECT_EQ(json["Created"], "0001-01-01T00:00:00Z");
  EXPECT_EQ(json["Author"], "me");
  EXPECT_EQ(json["Config"]["Cmd"], Json::array({"sh", "-c"}));
  EXPECT_EQ(json["ContainerConfig"]["Cmd"], Json());
  EXPECT_EQ(json["RootFS"]["Layers"], Json::array({"sha256:34"}));
}

TEST(ImageInspectTest, MalformedDocumentsAreShownAsEmpty) {
  const Json json = InspectImage(
      Image(), Json{{"author", 5}, {"config", "x"}, {"comment", Json()}}, {});
  EXPECT_EQ(json["Author"], "");
  EXPECT_EQ(json["Config"]["Env"], Json());
  EXPECT_EQ(InspectImage(Image(), Json(), {})["Os"], "linux");
}

}  // namespace
}  // namespace gantry::docker
