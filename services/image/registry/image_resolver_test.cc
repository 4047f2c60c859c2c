#include "services/image/registry/image_resolver.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/oci/digest.h"
#include "common/oci/manifest.h"
#include "common/oci/reference.h"
#include "common/status/error.h"
#include "common/testing/status_matchers.h"
#include "services/image/registry/fake_registry.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

constexpr char kLayer[] = "a layer";

std::string Platform(const std::string& architecture,
                     const std::string& variant = "") {
  return absl::StrCat(R"(,"platform":{"os":"linux","architecture":")",
                      architecture, R"(","variant":")", variant, R"("})");
}

// The architecture or variant that is chosen of `offered`.
std::string Choice(const std::vector<oci::Platform>& offered,
                   const oci::Platform& wanted) {
  oci::Index index;
  for (const oci::Platform& platform : offered) {
    oci::Descriptor descriptor;
    descriptor.platform = platform;
    index.manifests.push_back(descriptor);
  }
  const auto chosen = ChooseManifest(index, wanted);
  if (!chosen.has_value()) return "none";
  return absl::StrCat(chosen->platform->architecture, "/",
                      chosen->platform->variant);
}

TEST(ChooseManifestTest, VariantsFollowTheProcessors) {
  const oci::Platform attestation{"unknown", "unknown", ""};
  const std::vector<oci::Platform> offered = {attestation,
                                              {"windows", "amd64", ""},
                                              {"linux", "amd64", "v3"},
                                              {"linux", "amd64", ""},
                                              {"linux", "arm", "v5"},
                                              {"linux", "arm", "v6"},
                                              {"linux", "arm64", "v8"},
                                              {"linux", "ppc64le", ""}};
  EXPECT_EQ(Choice(offered, {"linux", "amd64", ""}), "amd64/");
  EXPECT_EQ(Choice(offered, {"linux", "amd64", "v2"}), "amd64/");
  EXPECT_EQ(Choice(offered, {"linux", "amd64", "v4"}), "amd64/v3");
  EXPECT_EQ(Choice(offered, {"linux", "arm64", ""}), "arm64/v8");
  EXPECT_EQ(Choice(offered, {"linux", "arm64", "v8"}), "arm64/v8");
  EXPECT_EQ(Choice(offered, {"linux", "arm", "v7"}), "arm/v6");
  EXPECT_EQ(Choice(offered, {"linux", "arm", "v5"}), "arm/v5");
  EXPECT_EQ(Choice(offered, {"linux", "ppc64le", ""}), "ppc64le/");
  EXPECT_EQ(Choice(offered, {"linux", "s390x", ""}), "none");
  EXPECT_EQ(Choice({{"linux", "arm64", ""}}, {"linux", "arm64", "v8"}),
            "arm64/");
  EXPECT_EQ(Choice({{"linux", "amd64", "v3"}}, {"linux", "amd64", ""}), "none");
}

class ImageResolverTest : public ::testing::Test {
 protected:
  absl::StatusOr<ResolvedImage> Resolve(
      const std::string& image = "r.example/a:1",
      const std::optional<oci::Platform>& platform = std::nullopt) {
    return ResolveImage(registry_, oci::Reference::Parse(image).value(),
                        platform, [] { return false; });
  }

  // A manifest of an image of one layer for `architecture`.
  std::string Manifest(const std::string& architecture,
                       const std::string& layer_type = "l", int diff_ids = 1) {
    const std::vector<std::string> ids(
        static_cast<size_t>(diff_ids),
        absl::StrCat("\"", oci::Digest::Of(kLayer).ToString(), "\""));
    const std::string config =
        absl::StrCat(R"({"os":"linux","architecture":")", architecture,
                     R"(","rootfs":{"type":"layers","diff_ids":[)",
                     absl::StrJoin(ids, ","), "]}}");
    registry_.PutBlob(config);
    return absl::StrCat(R"({"schemaVersion":2,"mediaType":")",
                        oci::kMediaTypeManifest, R"(","config":)",
                        FakeRegistry::Descriptor(oci::kMediaTypeConfig, config),
                        R"(,"layers":[)",
                        FakeRegistry::Descriptor(layer_type, kLayer), "]}");
  }

  void ExpectBadManifest(const std::string& bytes,
                         const std::string& content_type = "") {
    registry_.PutManifest("1", bytes, content_type);
    const auto resolved = Resolve();
    EXPECT_THAT(resolved, StatusIs(absl::StatusCode::kInvalidArgument))
        << bytes;
    ASSERT_TRUE(ReasonOf(resolved.status()).has_value());
    EXPECT_EQ(ReasonOf(resolved.status())->reason, "BAD_MANIFEST");
  }

  FakeRegistry registry_;
};

TEST_F(ImageResolverTest, AManifestIsItsOwnDigest) {
  const std::string manifest = Manifest("amd64");
  const oci::Digest digest = registry_.PutManifest("1", manifest);
  const auto resolved = Resolve();
  ASSERT_THAT(resolved, IsOk());
  EXPECT_EQ(resolved->digest, digest);
  EXPECT_EQ(resolved->manifest_digest, digest);
  EXPECT_EQ(resolved->manifest_bytes, manifest);
  EXPECT_EQ(resolved->config.diff_ids.size(), 1u);
}

TEST_F(ImageResolverTest, AnIndexIsFollowedForThePlatform) {
  const std::string own = Manifest(oci::HostPlatform().architecture);
  const std::string other = Manifest("s390x");
  registry_.PutManifest("", own, oci::kMediaTypeManifest);
  registry_.PutManifest("", other);
  const oci::Digest index = registry_.PutManifest(
      "1",
      absl::StrCat(R"({"schemaVersion":2,"manifests":[)",
                   FakeRegistry::Descriptor("m", other, Platform("s390x")), ",",
                   FakeRegistry::Descriptor(
                       "m", own, Platform(oci::HostPlatform().architecture)),
                   "]}"),
      oci::kMediaTypeIndex);
  auto resolved = Resolve();
  ASSERT_THAT(resolved, IsOk());
  EXPECT_EQ(resolved->digest, index);
  EXPECT_EQ(resolved->manifest_digest, oci::Digest::Of(own));

  resolved = Resolve("r.example/a:1", oci::Platform{"linux", "s390x", ""});
  ASSERT_THAT(resolved, IsOk());
  EXPECT_EQ(resolved->manifest_digest, oci::Digest::Of(other));

  resolved = Resolve("r.example/a@" + index.ToString());
  ASSERT_THAT(resolved, IsOk());
  EXPECT_EQ(resolved->digest, index);

  resolved = Resolve("r.example/a:1", oci::Platform{"linux", "mips", ""});
  EXPECT_THAT(resolved, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(ReasonOf(resolved.status())->reason, "PLATFORM_NOT_FOUND");
}

TEST_F(ImageResolverTest, APlainManifestMustSuitAPlatformThatIsAskedFor) {
  registry_.PutManifest("1", Manifest("s390x"));
  EXPECT_THAT(Resolve(), IsOk());
  EXPECT_THAT(Resolve("r.example/a:1", oci::Platform{"linux", "amd64", ""}),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(ImageResolverTest, AmbiguousDocumentsAreRefused) {
  const std::string manifest = Manifest("amd64");
  ExpectBadManifest(absl::StrCat(manifest.substr(0, manifest.size() - 1),
                                 R"(,"manifests":[]})"));
  ExpectBadManifest(manifest, oci::kMediaTypeIndex);
  ExpectBadManifest(manifest, oci::kMediaTypeDockerManifest);
  ExpectBadManifest(R"({"schemaVersion":2,"manifests":[]})",
                    oci::kMediaTypeManifest);
  ExpectBadManifest(R"({"schemaVersion":2,"layers":[],"layers":[]})");
}

TEST_F(ImageResolverTest, WhatIsNoImageIsRefused) {
  ExpectBadManifest("");
  ExpectBadManifest("[]");
  ExpectBadManifest("<html>", "text/html");
  ExpectBadManifest(R"({"schemaVersion":1,"fsLayers":[]})");
  ExpectBadManifest(
      "{}", "application/vnd.docker.distribution.manifest.v1+prettyjws");
  ExpectBadManifest(Manifest("amd64", "l", 2));
  ExpectBadManifest(Manifest(
      "amd64", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"));
  ExpectBadManifest(Manifest(
      "amd64", "application/vnd.oci.image.layer.nondistributable.v1.tar"));
  ExpectBadManifest(
      Manifest("amd64", "application/vnd.oci.image.layer.v1.tar+encrypted"));
}

TEST_F(ImageResolverTest, SizesAndDigestsOfDocumentsAreChecked) {
  const std::string manifest = Manifest("amd64");
  const std::string config_digest =
      oci::ParseManifest(manifest)->config.digest.ToString();
  registry_.PutManifest("1", manifest);
  const auto config = oci::Digest::Parse(config_digest).value();
  registry_.replaced[config] = "{}";
  EXPECT_THAT(Resolve(), StatusIs(absl::StatusCode::kDataLoss));

  registry_.replaced.clear();
  registry_.PutManifest("", manifest);
  registry_.PutManifest(
      "1",
      absl::StrCat(R"({"schemaVersion":2,"manifests":[{"digest":")",
                   oci::Digest::Of(manifest).ToString(), R"(","size":7}]})"));
  EXPECT_THAT(Resolve(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(ImageResolverTest, IndexesInIndexesEnd) {
  std::string document = Manifest("amd64");
  for (int i = 0; i < 6; ++i) {
    registry_.PutManifest("", document);
    document = absl::StrCat(R"({"schemaVersion":2,"manifests":[)",
                            FakeRegistry::Descriptor("i", document), "]}");
  }
  ExpectBadManifest(document);
}

}  // namespace
}  // namespace gantry::image
