#include "common/oci/manifest.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/testing/status_matchers.h"

namespace gantry::oci {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

const std::string kDigest = Digest::Of("x").ToString();

std::string ManifestText() {
  return absl::StrReplaceAll(
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
          "config":{"mediaType":"c","digest":"D","size":7},
          "layers":[{"mediaType":"l","digest":"D","size":9,"annotations":{"k":"v"}}]})",
      {{"D", kDigest}});
}

TEST(ManifestTest, ManifestIsRead) {
  const absl::StatusOr<Manifest> manifest = ParseManifest(ManifestText());
  ASSERT_THAT(manifest, IsOk());
  EXPECT_EQ(manifest->config.size_bytes, 7);
  ASSERT_EQ(manifest->layers.size(), 1u);
  EXPECT_EQ(manifest->layers[0].annotations.at("k"), "v");
}

TEST(ManifestTest, AmbiguousDocumentIsRefused) {
  const std::string both = absl::StrReplaceAll(
      ManifestText(), {{"\"layers\"", "\"manifests\":[],\"layers\""}});
  EXPECT_THAT(ParseManifest(both),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseIndex(both), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ManifestTest, ContradictingMediaTypeIsRefused) {
  EXPECT_FALSE(ParseManifest(absl::StrReplaceAll(ManifestText(),
                                                 {{"manifest.v1", "index.v1"}}))
                   .ok());
}

TEST(ManifestTest, NegativeSizeAndMalformedDigestAreRefused) {
  EXPECT_FALSE(
      ParseManifest(absl::StrReplaceAll(ManifestText(), {{":9", ":-9"}})).ok());
  EXPECT_FALSE(ParseManifest(absl::StrReplaceAll(ManifestText(),
                                                 {{"sha256:", "sha256:../"}}))
                   .ok());
}

TEST(ManifestTest, OldSchemaAndGarbageAreRefused) {
  EXPECT_FALSE(ParseManifest(absl::StrReplaceAll(ManifestText(),
                                                 {{"\"schemaVersion\":2",
                                                   "\"schemaVersion\":1"}}))
                   .ok());
  EXPECT_FALSE(ParseManifest("[]").ok());
  EXPECT_FALSE(ParseManifest(std::string(5 << 20, ' ')).ok());
}

TEST(ManifestTest, IndexKeepsPlatforms) {
  const absl::StatusOr<Index> index = ParseIndex(absl::StrCat(
      R"({"schemaVersion":2,"manifests":[{"mediaType":"m","size":1,"digest":")",
      kDigest, R"(","platform":{"os":"linux","architecture":"arm64"}}]})"));
  ASSERT_THAT(index, IsOk());
  EXPECT_EQ(index->manifests[0].platform->architecture, "arm64");
}

TEST(ManifestTest, IndexWithoutManifestsIsValid) {
  EXPECT_THAT(ParseIndex(R"({"schemaVersion":2,"manifests":[]})"), IsOk());
}

TEST(ManifestTest, ConfigGivesAContainersDefaults) {
  const absl::StatusOr<ImageConfig> config = ParseImageConfig(absl::StrCat(
      R"({"os":"linux","architecture":"amd64","created":"2024-01-02T03:04:05Z","unknown":1,
          "config":{"Env":["A=b"],"Cmd":["sh"],"Entrypoint":null,"ExposedPorts":{"80/tcp":{}}},
          "rootfs":{"type":"layers","diff_ids":[")",
      kDigest, R"("]},
          "history":[{"created_by":"x","empty_layer":true}]})"));
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->command, std::vector<std::string>{"sh"});
  EXPECT_EQ(config->exposed_ports, std::vector<std::string>{"80/tcp"});
  EXPECT_EQ(config->diff_ids.size(), 1u);
  EXPECT_TRUE(config->created_at.has_value());
  EXPECT_TRUE(config->history[0].empty_layer);
}

TEST(ManifestTest, ConfigOfAnotherRootfsTypeIsRefused) {
  EXPECT_FALSE(
      ParseImageConfig(R"({"rootfs":{"type":"x","diff_ids":[]}})").ok());
  EXPECT_FALSE(
      ParseImageConfig(R"({"config":{"Env":"A=b"},"rootfs":{"type":"layers"}})")
          .ok());
}

}  // namespace
}  // namespace gantry::oci
