#include "services/image/registry/registry_client.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/oci/digest.h"
#include "common/oci/manifest.h"
#include "common/oci/reference.h"
#include "common/status/error.h"
#include "common/testing/status_matchers.h"
#include "services/image/registry/fake_http_client.h"
#include "services/image/registry/registry.h"
#include "services/image/registry/registry_settings.h"

namespace gantry::image {
namespace {

using ::gantry::testing::IsOk;
using ::gantry::testing::StatusIs;

constexpr char kSecret[] = "s3cret-password";

class Receiver : public BlobReceiver {
 public:
  absl::Status Append(absl::string_view chunk) override {
    bytes.append(chunk.data(), chunk.size());
    return status;
  }
  void Retrying(absl::string_view reason) override {
    ++retries;
    EXPECT_FALSE(absl::StrContains(reason, '\n'));
  }
  bool IsCancelled() override { return is_cancelled; }

  std::string bytes;
  absl::Status status;
  int retries = 0;
  bool is_cancelled = false;
};

std::string ReasonText(const absl::Status& status) {
  const auto reason = ReasonOf(status);
  return reason.has_value() ? reason->reason : "";
}

class RegistryClientTest : public ::testing::Test {
 protected:
  RegistryClientTest() {
    settings_.retry.max_attempts = 3;
    settings_.retry.first_pause = absl::Milliseconds(1);
    settings_.retry.max_retry_after = absl::Milliseconds(2);
  }

  RegistryClient Client(const std::string& image) {
    return RegistryClient(http_, settings_,
                          oci::Reference::Parse(image).value(), credentials_,
                          [this] { return is_cancelled_; });
  }

  absl::Status GetManifest(const std::string& image,
                           const std::string& reference = "latest") {
    RegistryClient client = Client(image);
    return client.GetManifest(reference).status();
  }

  absl::Status GetBlob(const std::string& image = "r.example/a") {
    RegistryClient client = Client(image);
    oci::Descriptor descriptor;
    descriptor.digest = oci::Digest::Of(blob_);
    descriptor.size_bytes = static_cast<int64_t>(blob_.size());
    return client.GetBlob(descriptor, receiver_);
  }

  // Answers a request of the blob as a good server does.
  FakeAnswer ServeBlob(const HttpRequest& request) const {
    const std::string range = RequestHeader(request, "Range");
    if (range.empty()) return {200, {}, blob_, absl::OkStatus()};
    const size_t from = std::stoul(range.substr(sizeof("bytes=") - 1));
    return {
        206,
        {{"content-range", absl::StrCat("bytes ", from, "-", blob_.size() - 1,
                                        "/", blob_.size())}},
        blob_.substr(from),
        absl::OkStatus()};
  }

  static FakeAnswer Challenge(const std::string& realm) {
    return {401,
            {{"www-authenticate", absl::StrCat("Bearer realm=\"", realm,
                                               "\",service=\"r.example\"")}},
            "",
            absl::OkStatus()};
  }

  RegistrySettings settings_;
  Credentials credentials_;
  bool is_cancelled_ = false;
  std::function<FakeAnswer(const HttpRequest&)> server_;
  FakeHttpClient http_{
      [this](const HttpRequest& request) { return server_(request); }};
  const std::string manifest_ = R"({"schemaVersion":2})";
  const std::string blob_ = std::string(10'000, 'b') + "end";
  Receiver receiver_;
};

TEST_F(RegistryClientTest, DockersNamesAreReachedAtItsApi) {
  server_ = [&](const HttpRequest&) { return FakeAnswer{200, {}, manifest_}; };
  ASSERT_THAT(GetManifest("busybox"), IsOk());
  EXPECT_EQ(http_.requests()[0].url.text(),
            "https://registry-1.docker.io/v2/library/busybox/manifests/latest");
  EXPECT_TRUE(absl::StrContains(RequestHeader(http_.requests()[0], "Accept"),
                                oci::kMediaTypeDockerIndex));
}

TEST_F(RegistryClientTest, PlainHttpIsForLoopbackAndWhatIsConfigured) {
  server_ = [&](const HttpRequest&) { return FakeAnswer{200, {}, manifest_}; };
  settings_.hosts["plain.example"].plain_http = true;
  settings_.hosts["localhost:2"].ca_file = "/ca.pem";
  const std::map<std::string, std::string> expected = {
      {"localhost:5000/a", "http://localhost:5000/"},
      {"127.0.0.1:1/a", "http://127.0.0.1:1/"},
      {"localhost:2/a", "https://localhost:2/"},
      {"plain.example/a", "http://plain.example/"},
      {"r.example/a", "https://r.example/"},
      {"localhost.example/a", "https://localhost.example/"},
  };
  for (const auto& [image, url] : expected) {
    ASSERT_THAT(GetManifest(image), IsOk());
    EXPECT_EQ(http_.requests().back().url.text(),
              url + "v2/a/manifests/latest");
  }
  ASSERT_THAT(GetManifest("localhost:2/a"), IsOk());
  EXPECT_EQ(http_.requests().back().ca_file, "/ca.pem");
}

TEST_F(RegistryClientTest, ATokenIsFetchedOnceAndUsed) {
  int tokens = 0;
  server_ = [&](const HttpRequest& request) {
    if (request.url.host() == "auth.example") {
      ++tokens;
      EXPECT_EQ(request.url.text(),
                "https://auth.example/token?service=r.example&scope=repository%"
                "3aa%3apull");
      return FakeAnswer{200, {}, R"({"token":"t1","expires_in":300})"};
    }
    if (RequestHeader(request, "Authorization") != "Bearer t1") {
      return Challenge("https://auth.example/token");
    }
    return FakeAnswer{200, {}, manifest_};
  };
  RegistryClient client = Client("r.example/a");
  EXPECT_THAT(client.GetManifest("1"), IsOk());
  EXPECT_THAT(client.GetManifest("2"), IsOk());
  EXPECT_EQ(tokens, 1);
  EXPECT_EQ(http_.requests().size(), 4u);
}

TEST_F(RegistryClientTest, ATokenThatHasRunOutIsReplaced) {
  std::string valid = "t1";
  server_ = [&](const HttpRequest& request) {
    if (request.url.host() == "auth.example") {
      return FakeAnswer{200, {}, absl::StrCat(R"({"token":")", valid, R"("})")};
    }
    if (RequestHeader(request, "Authorization") != "Bearer " + valid) {
      return Challenge("https://auth.example/token");
    }
    return FakeAnswer{200, {}, manifest_};
  };
  RegistryClient client = Client("r.example/a");
  EXPECT_THAT(client.GetManifest("1"), IsOk());
  valid = "t2";
  EXPECT_THAT(client.GetManifest("1"), IsOk());
}

TEST_F(RegistryClientTest, AFreshTokenThatIsRefusedIsTheEnd) {
  server_ = [&](const HttpRequest& request) {
    if (request.url.host() == "auth.example") {
      return FakeAnswer{200, {}, R"({"token":"t1"})"};
    }
    return Challenge("https://auth.example/token");
  };
  EXPECT_THAT(GetManifest("r.example/a"),
              StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_EQ(http_.requests().size(), 3u);
}

TEST_F(RegistryClientTest, CredentialsGoToTheTokenServerAlone) {
  credentials_ = {"ann", kSecret, ""};
  server_ = [&](const HttpRequest& request) {
    if (request.url.host() == "auth.example") {
      EXPECT_EQ(RequestHeader(request, "Authorization"),
                absl::StrCat("Basic ", absl::Base64Escape(
                                           absl::StrCat("ann:", kSecret))));
      return FakeAnswer{200, {}, R"({"token":"t1"})"};
    }
    if (RequestHeader(request, "Authorization").empty()) {
      return Challenge("https://auth.example/token");
    }
    EXPECT_EQ(RequestHeader(request, "Authorization"), "Bearer t1");
    return FakeAnswer{200, {}, manifest_};
  };
  EXPECT_THAT(GetManifest("r.example/a"), IsOk());
}

TEST_F(RegistryClientTest, AnIdentityTokenIsPosted) {
  credentials_ = {"", "", "id/+token"};
  server_ = [&](const HttpRequest& request) {
    if (request.url.host() == "auth.example") {
      EXPECT_EQ(request.method, "POST");
      EXPECT_EQ(request.url.text(), "https://auth.example/token");
      EXPECT_TRUE(absl::StrContains(
          request.body, "grant_type=refresh_token&client_id=gantry"));
      EXPECT_TRUE(
          absl::StrContains(request.body, "refresh_token=id%2f%2btoken"));
      return FakeAnswer{200, {}, R"({"access_token":"t1"})"};
    }
    return RequestHeader(request, "Authorization").empty()
               ? Challenge("https://auth.example/token")
               : FakeAnswer{200, {}, manifest_};
  };
  EXPECT_THAT(GetManifest("r.example/a"), IsOk());
}

TEST_F(RegistryClientTest, ATokenServerWithoutTlsGetsNothing) {
  credentials_ = {"ann", kSecret, ""};
  for (const auto& [image, realm] : std::map<std::string, std::string>{
           {"r.example/a", "http://auth.example/token"},
           {"r2.example/a", "http://localhost:1/token"},
           {"localhost:5000/a", "http://auth.example/token"},
           {"r3.example/a", "ftp://auth.example/"},
           {"r4.example/a", "https://u:p@auth.example/"},
           {"r5.example/a", ""}}) {
    server_ = [&, text = realm](const HttpRequest&) { return Challenge(text); };
    const absl::Status status = GetManifest(image);
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnauthenticated)) << realm;
    EXPECT_FALSE(absl::StrContains(status.message(), kSecret));
  }
  for (const HttpRequest& request : http_.requests()) {
    EXPECT_FALSE(absl::StrContains(request.url.text(), "token"));
    EXPECT_EQ(RequestHeader(request, "Authorization"), "");
  }
}

TEST_F(RegistryClientTest, ALoopbackRegistryMayNameALoopbackTokenServer) {
  server_ = [&](const HttpRequest& request) {
    if (request.url.Authority() == "localhost:1") {
      return FakeAnswer{200, {}, R"({"token":"t1"})"};
    }
    return RequestHeader(request, "Authorization").empty()
               ? Challenge("http://localhost:1/token")
               : FakeAnswer{200, {}, manifest_};
  };
  EXPECT_THAT(GetManifest("localhost:5000/a"), IsOk());
}

TEST_F(RegistryClientTest, BasicAuthenticationIsAnswered) {
  credentials_ = {"ann", kSecret, ""};
  server_ = [&](const HttpRequest& request) {
    if (RequestHeader(request, "Authorization").empty()) {
      return FakeAnswer{401, {{"www-authenticate", "Basic realm=\"x\""}}, ""};
    }
    return FakeAnswer{200, {}, manifest_};
  };
  EXPECT_THAT(GetManifest("r.example/a"), IsOk());
  EXPECT_EQ(http_.requests().size(), 2u);
}

TEST_F(RegistryClientTest, CredentialsDoNotGoOverPlainHttp) {
  credentials_ = {"ann", kSecret, ""};
  settings_.hosts["plain.example"].plain_http = true;
  server_ = [](const HttpRequest&) {
    return FakeAnswer{401, {{"www-authenticate", "Basic realm=\"x\""}}, ""};
  };
  EXPECT_THAT(GetManifest("plain.example/a"),
              StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_FALSE(http_.WasAuthorized("plain.example"));
}

TEST_F(RegistryClientTest, WrongCredentialsAreTriedOnce) {
  credentials_ = {"ann", kSecret, ""};
  server_ = [](const HttpRequest&) {
    return FakeAnswer{401,
                      {{"www-authenticate", "Basic realm=\"x\""}},
                      R"({"errors":[{"code":"UNAUTHORIZED","message":"no"}]})"};
  };
  const absl::Status status = GetManifest("r.example/a/b");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_EQ(status.message(),
            "pull access denied for r.example/a/b, repository does not exist "
            "or may require authorization: unauthorized: no");
  EXPECT_EQ(http_.requests().size(), 2u);
}

// CVE-2020-15157.
TEST_F(RegistryClientTest, ARedirectToAnotherHostHasNoAuthorization) {
  credentials_ = {"ann", kSecret, ""};
  server_ = [&](const HttpRequest& request) {
    if (request.url.host() == "cdn.example") return ServeBlob(request);
    if (RequestHeader(request, "Authorization").empty()) {
      return FakeAnswer{401, {{"www-authenticate", "Basic realm=\"x\""}}, ""};
    }
    return FakeAnswer{307, {{"location", "https://cdn.example/x?sig=1"}}, ""};
  };
  ASSERT_THAT(GetBlob(), IsOk());
  EXPECT_EQ(receiver_.bytes, blob_);
  EXPECT_TRUE(http_.WasAuthorized("r.example"));
  EXPECT_FALSE(http_.WasAuthorized("cdn.example"));
}

TEST_F(RegistryClientTest, AnotherHostsChallengeIsNotAnswered) {
  credentials_ = {"ann", kSecret, ""};
  server_ = [&](const HttpRequest& request) {
    if (request.url.host() == "cdn.example") {
      return FakeAnswer{401, {{"www-authenticate", "Basic realm=\"x\""}}, ""};
    }
    return FakeAnswer{302, {{"location", "https://cdn.example/"}}, ""};
  };
  EXPECT_THAT(GetBlob(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_FALSE(http_.WasAuthorized("cdn.example"));
}

TEST_F(RegistryClientTest, WhoWasSentAwayComesBackWithoutAuthorization) {
  credentials_ = {"ann", kSecret, ""};
  server_ = [&](const HttpRequest& request) {
    if (request.url.host() == "cdn.example") {
      return FakeAnswer{302, {{"location", "https://r.example/other"}}, ""};
    }
    if (request.url.text() == "https://r.example/other") {
      EXPECT_EQ(RequestHeader(request, "Authorization"), "");
      return ServeBlob(request);
    }
    if (RequestHeader(request, "Authorization").empty()) {
      return FakeAnswer{401, {{"www-authenticate", "Basic realm=\"x\""}}, ""};
    }
    return FakeAnswer{302, {{"location", "https://cdn.example/"}}, ""};
  };
  EXPECT_THAT(GetBlob(), IsOk());
}

TEST_F(RegistryClientTest, BadRedirectsAreNotFollowed) {
  for (const char* location :
       {"http://r.example/", "http://localhost/x", "file:///etc/passwd", "",
        "https://u:p@x.example/"}) {
    server_ = [&](const HttpRequest&) {
      return FakeAnswer{302, {{"location", location}}, ""};
    };
    EXPECT_THAT(GetManifest("r.example/a"),
                StatusIs(absl::StatusCode::kUnavailable))
        << location;
  }
  EXPECT_EQ(http_.requests().size(), 5u);
  server_ = [&](const HttpRequest&) {
    return FakeAnswer{302, {{"location", "/again"}}, ""};
  };
  EXPECT_THAT(GetManifest("r.example/a"),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(http_.requests().size(), 5u + 6u);
}

TEST_F(RegistryClientTest, ALoopbackRegistryDoesNotLeadToPlainHttpElsewhere) {
  server_ = [&](const HttpRequest&) {
    return FakeAnswer{302, {{"location", "http://cdn.example/"}}, ""};
  };
  EXPECT_THAT(GetManifest("localhost:5000/a"),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(http_.requests().size(), 1u);
}

TEST_F(RegistryClientTest, FailuresSayWhatTheRegistrySays) {
  struct Case {
    int status;
    std::string body;
    absl::StatusCode code;
    std::string reason;
    std::string message;
    int requests;
  };
  const Case cases[] = {
      {404,
       R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]})",
       absl::StatusCode::kNotFound, "MANIFEST_UNKNOWN",
       "manifest for r.example/a:1 not found: manifest unknown", 1},
      {404, "<html>", absl::StatusCode::kNotFound, "MANIFEST_UNKNOWN",
       "manifest for r.example/a:1 not found: manifest unknown", 1},
      {403, R"({"errors":[{"code":"DENIED","message":"no\u001b[1m\nway"}]})",
       absl::StatusCode::kPermissionDenied, "PULL_ACCESS_DENIED",
       "pull access denied for r.example/a, repository does not exist or may "
       "require authorization: denied: no [1m way",
       1},
      {401, "", absl::StatusCode::kUnauthenticated, "PULL_ACCESS_DENIED",
       "pull access denied for r.example/a, repository does not exist or may "
       "require authorization",
       1},
      {500, "oops", absl::StatusCode::kUnavailable, "REGISTRY_FAILED",
       "the registry r.example answers with status 500", 3},
      {429, R"({"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]})",
       absl::StatusCode::kResourceExhausted, "REGISTRY_RATE_LIMIT",
       "the registry r.example answers with status 429: toomanyrequests: slow "
       "down",
       3},
      {400, "", absl::StatusCode::kUnavailable, "REGISTRY_FAILED",
       "the registry r.example answers with status 400", 1},
  };
  for (const Case& c : cases) {
    const size_t before = http_.requests().size();
    server_ = [&](const HttpRequest&) {
      return FakeAnswer{c.status, {}, c.body};
    };
    const absl::Status status = GetManifest("r.example/a:1", "1");
    EXPECT_THAT(status, StatusIs(c.code)) << c.status;
    EXPECT_EQ(ReasonText(status), c.reason);
    EXPECT_EQ(status.message(), c.message);
    EXPECT_EQ(http_.requests().size() - before,
              static_cast<size_t>(c.requests));
  }
}

TEST_F(RegistryClientTest, AnUnreachableRegistryIsTriedAgain) {
  server_ = [&](const HttpRequest&) {
    return FakeAnswer{0, {}, "", absl::UnavailableError("no connection")};
  };
  const absl::Status status = GetManifest("r.example/a");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(ReasonText(status), "REGISTRY_UNREACHABLE");
  EXPECT_EQ(http_.requests().size(), 3u);

  server_ = [&](const HttpRequest&) {
    return FakeAnswer{0, {}, "", absl::FailedPreconditionError("bad cert")};
  };
  EXPECT_EQ(ReasonText(GetManifest("r.example/a")), "REGISTRY_UNREACHABLE");
  EXPECT_EQ(http_.requests().size(), 4u);
}

TEST_F(RegistryClientTest, ATemporaryFailureIsOvercome) {
  int failures = 2;
  server_ = [&](const HttpRequest&) {
    if (failures-- > 0) return FakeAnswer{503, {{"retry-after", "9"}}, ""};
    return FakeAnswer{200, {}, manifest_};
  };
  EXPECT_THAT(GetManifest("r.example/a"), IsOk());
}

TEST_F(RegistryClientTest, ManifestsAreCheckedAgainstTheirDigest) {
  server_ = [&](const HttpRequest&) { return FakeAnswer{200, {}, manifest_}; };
  EXPECT_THAT(GetManifest("r.example/a", oci::Digest::Of("x").ToString()),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(GetManifest("r.example/a", oci::Digest::Of(manifest_).ToString()),
              IsOk());
  server_ = [&](const HttpRequest&) {
    return FakeAnswer{
        200,
        {{"docker-content-digest", oci::Digest::Of("x").ToString()}},
        manifest_};
  };
  EXPECT_THAT(GetManifest("r.example/a"),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(RegistryClientTest, ALongManifestIsCutOff) {
  server_ = [&](const HttpRequest&) {
    return FakeAnswer{200, {}, std::string(5 << 20, ' ')};
  };
  const absl::Status status = GetManifest("r.example/a");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(ReasonText(status), "BAD_MANIFEST");
}

TEST_F(RegistryClientTest, ABrokenDownloadGoesOnWhereItEnded) {
  int requests = 0;
  server_ = [&](const HttpRequest& request) {
    FakeAnswer answer = ServeBlob(request);
    if (++requests == 1) {
      answer.body.resize(4000);
      answer.end = absl::UnavailableError("the connection broke");
    }
    return answer;
  };
  ASSERT_THAT(GetBlob(), IsOk());
  EXPECT_EQ(receiver_.bytes, blob_);
  EXPECT_EQ(receiver_.retries, 1);
  EXPECT_EQ(RequestHeader(http_.requests()[1], "Range"), "bytes=4000-");
}

TEST_F(RegistryClientTest, AServerWithoutRangesIsReadFromTheStart) {
  int requests = 0;
  server_ = [&](const HttpRequest&) {
    // Short, and yet the server says that this is all.
    return FakeAnswer{200, {}, ++requests == 1 ? blob_.substr(0, 4500) : blob_};
  };
  ASSERT_THAT(GetBlob(), IsOk());
  EXPECT_EQ(receiver_.bytes, blob_);
}

TEST_F(RegistryClientTest, AnotherRangeThanAskedForIsRefused) {
  int requests = 0;
  server_ = [&](const HttpRequest& request) {
    FakeAnswer answer = ServeBlob(request);
    if (++requests == 1) {
      answer.body.resize(4000);
    } else {
      answer.headers = {{"content-range", "bytes 0-10002/10003"}};
    }
    return answer;
  };
  EXPECT_THAT(GetBlob(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(RegistryClientTest, AShortBlobIsLostAfterAllRetries) {
  server_ = [&](const HttpRequest&) {
    return FakeAnswer{200, {}, blob_.substr(0, 5000)};
  };
  const absl::Status status = GetBlob();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_EQ(http_.requests().size(), 3u);
  EXPECT_EQ(receiver_.bytes.size(), 5000u);
}

TEST_F(RegistryClientTest, ALongBlobIsCutOffAtOnce) {
  server_ = [&](const HttpRequest&) {
    return FakeAnswer{200, {}, blob_ + std::string(100'000, 'x')};
  };
  EXPECT_THAT(GetBlob(), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_EQ(http_.requests().size(), 1u);
  EXPECT_LE(receiver_.bytes.size(), blob_.size());
}

TEST_F(RegistryClientTest, TheReceiversFailureEndsTheDownload) {
  server_ = [&](const HttpRequest& request) { return ServeBlob(request); };
  receiver_.status = absl::ResourceExhaustedError("the disk is full");
  EXPECT_THAT(GetBlob(), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(http_.requests().size(), 1u);
}

TEST_F(RegistryClientTest, CancellationEndsRequestsAndPauses) {
  server_ = [&](const HttpRequest& request) { return ServeBlob(request); };
  receiver_.is_cancelled = true;
  EXPECT_THAT(GetBlob(), StatusIs(absl::StatusCode::kCancelled));
  settings_.retry.first_pause = absl::Hours(1);
  settings_.retry.max_pause = absl::Hours(1);
  server_ = [&](const HttpRequest&) {
    is_cancelled_ = true;
    return FakeAnswer{503, {}, ""};
  };
  EXPECT_THAT(GetManifest("r.example/a"),
              StatusIs(absl::StatusCode::kCancelled));
}

}  // namespace
}  // namespace gantry::image
