#include "ctl/output/docker_types.h"

#include <gtest/gtest.h>

#include "common/docker/container_inspect.h"
#include "common/docker/image_inspect.h"
#include "ctl/output/go_template.h"

namespace gantry::ctl {
namespace {

// Every member of `object` that is a structure must be a field of its type.
void ExpectKnown(const Json& object, const GoType& type) {
  for (const auto& [key, value] : object.items()) {
    const GoField* found = nullptr;
    for (const GoField& field : type.fields) {
      if (field.key == key) found = &field;
    }
    ASSERT_NE(found, nullptr) << type.name << " has no " << key;
    if (value.is_object() && found->type->kind == GoType::Kind::kStruct) {
      ExpectKnown(value, *found->type);
    }
  }
}

TEST(DockerTypesTest, EveryKeyOfInspectIsAField) {
  ExpectKnown(docker::InspectContainer({}, Json(), {}), *ContainerType());
  ExpectKnown(docker::InspectImage({}, Json(), {}), *ImageType());
}

TEST(DockerTypesTest, StructuresPrintInTheOrderOfTheirFields) {
  runtime::v1::Container container;
  container.set_state(runtime::v1::CONTAINER_STATE_EXITED);
  const GoValue value(docker::InspectContainer(container, Json(), {}),
                      ContainerType());
  const auto line = GoTemplate::Parse("{{.State}}");
  EXPECT_EQ(line->Execute(value).value(),
            "{exited false false false false false 0 0  0001-01-01T00:00:00Z "
            "0001-01-01T00:00:00Z <nil>}");
}

}  // namespace
}  // namespace gantry::ctl
