#include "ctl/commands/container_view.h"

#include <gtest/gtest.h>

namespace gantry::ctl {
namespace {

using runtime::v1::Container;

Container Made() {
  Container container;
  container.set_id("0123456789abcdef");
  container.set_image_id("sha256:fedcba9876543210");
  container.set_name("web");
  container.set_state(runtime::v1::CONTAINER_STATE_CREATED);
  container.mutable_created_at()->set_seconds(100);
  container.mutable_spec()->set_image("busybox");
  for (const char* arg : {"sh", "-c", "echo hi there; exit 3"}) {
    container.add_args(arg);
  }
  return container;
}

const absl::Time kNow = absl::FromUnixSeconds(400);

TEST(ContainerViewTest, LongThingsAreCut) {
  Container container = Made();
  runtime::v1::Mount* mount = container.mutable_spec()->add_mounts();
  mount->set_source("/a/very/long/path/on/the/host");
  const Json line = ContainerLine(container, kNow, true);
  EXPECT_EQ(line["ID"], "0123456789ab");
  EXPECT_EQ(line["Command"], "\"sh -c 'echo hi ther…\"");
  EXPECT_EQ(line["Mounts"], "/a/very/long/p…");
  EXPECT_EQ(line["RunningFor"], "5 minutes ago");
  EXPECT_EQ(line["Networks"], "none");
  const Json whole = ContainerLine(container, kNow, false);
  EXPECT_EQ(whole["ID"], "0123456789abcdef");
  EXPECT_EQ(whole["Command"], "\"sh -c 'echo hi there; exit 3'\"");
  EXPECT_EQ(whole["Mounts"], "/a/very/long/path/on/the/host");
}

TEST(ContainerViewTest, ImagesAreShownWithoutDigest) {
  Container container = Made();
  const auto shown = [&container](const std::string& image, bool truncate) {
    container.mutable_spec()->set_image(image);
    return ContainerLine(container, kNow, truncate)["Image"];
  };
  const std::string digest = "@sha256:" + std::string(64, 'd');
  EXPECT_EQ(shown("busybox", true), "busybox");
  EXPECT_EQ(shown("docker.io/library/busybox:1" + digest, true), "busybox:1");
  EXPECT_EQ(shown("localhost:5000/a" + digest, true), "localhost:5000/a");
  EXPECT_EQ(shown("busybox" + digest, false), "busybox" + digest);
  EXPECT_EQ(shown("fedcba987654", true), "fedcba987654");
  EXPECT_EQ(shown("sha256:fedcba9876543210", true), "fedcba987654");
  EXPECT_EQ(shown("", true), "<no image>");
}

TEST(ContainerViewTest, TheStatusSaysForHowLong) {
  Container container = Made();
  EXPECT_EQ(StatusText(container, kNow), "Created");
  container.set_state(runtime::v1::CONTAINER_STATE_RUNNING);
  container.mutable_started_at()->set_seconds(100);
  EXPECT_EQ(StatusText(container, kNow), "Up 5 minutes");
  container.set_state(runtime::v1::CONTAINER_STATE_PAUSED);
  EXPECT_EQ(StatusText(container, kNow), "Up 5 minutes (Paused)");
  container.set_state(runtime::v1::CONTAINER_STATE_EXITED);
  container.set_exit_code(137);
  container.mutable_finished_at()->set_seconds(397);
  EXPECT_EQ(StatusText(container, kNow), "Exited (137) 3 seconds ago");
}

TEST(ContainerViewTest, LabelsAreSorted) {
  Container container = Made();
  (*container.mutable_spec()->mutable_labels())["b"] = "2";
  (*container.mutable_spec()->mutable_labels())["a"] = "1";
  const Json line = ContainerLine(container, kNow, true);
  EXPECT_EQ(line["Labels"], "a=1,b=2");
  EXPECT_EQ(line["Label()"]["b"], "2");
}

}  // namespace
}  // namespace gantry::ctl
