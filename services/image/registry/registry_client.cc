#include "services/image/registry/registry_client.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/oci/digest.h"
#include "common/oci/manifest.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/image/registry/auth_challenge.h"
#include "services/image/registry/registry_error.h"

namespace gantry::image {
namespace {

constexpr int kMaxRedirects = 5;
constexpr size_t kMaxErrorBytes = 64 << 10;
// A download that got so far counts its attempts anew.
constexpr int64_t kProgressBytes = 1 << 20;
constexpr absl::Duration kSleepStep = absl::Milliseconds(50);
constexpr char kDockerHost[] = "docker.io";
constexpr char kDockerApiHost[] = "registry-1.docker.io";

std::string AcceptedManifests() {
  return absl::StrJoin(
      {oci::kMediaTypeIndex, oci::kMediaTypeManifest,
       oci::kMediaTypeDockerIndex, oci::kMediaTypeDockerManifest},
      ", ");
}

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 ||
         status == 308;
}

bool IsSuccess(int status) { return status == 200 || status == 206; }

const RegistryHostSettings& HostSettings(const RegistrySettings& settings,
                                         const std::string& host) {
  static const RegistryHostSettings kDefault;
  const auto found = settings.hosts.find(host);
  return found == settings.hosts.end() ? kDefault : found->second;
}

// Of a host as names have it.
absl::StatusOr<Url> BaseUrl(const RegistrySettings& settings,
                            const std::string& host) {
  const RegistryHostSettings& own = HostSettings(settings, host);
  const std::string api_host = host == kDockerHost ? kDockerApiHost : host;
  GANTRY_ASSIGN_OR_RETURN(Url plain,
                          Url::Parse(absl::StrCat("http://", api_host, "/")));
  const bool says_tls = !own.ca_file.empty() || own.skip_tls_verify;
  if (own.plain_http || (plain.IsLoopback() && !says_tls)) return plain;
  return Url::Parse(absl::StrCat("https://", api_host, "/"));
}

oci::Digest DigestHeader(const HttpHead& head) {
  return oci::Digest::Parse(head.Header("docker-content-digest"))
      .value_or(oci::Digest());
}

std::string ContentType(const HttpHead& head) {
  const std::string header = head.Header("content-type");
  return absl::AsciiStrToLower(
      absl::StripAsciiWhitespace(header.substr(0, header.find(';'))));
}

absl::Status BadManifest(absl::string_view message) {
  return Error(absl::StatusCode::kInvalidArgument, "BAD_MANIFEST", message);
}

absl::Status Cancelled() {
  return absl::CancelledError("the pull was cancelled");
}

}  // namespace

// One HTTP request: a success goes to the sink, of anything else the begin is
// kept.
class RegistryClient::Exchange : public HttpHandler {
 public:
  Exchange(AnswerSink& sink, Answer& answer) : sink_(sink), answer_(answer) {
    answer_ = Answer();
  }

  absl::Status OnHead(const HttpHead& head) override {
    answer_.head = head;
    return IsSuccess(head.status) ? sink_.OnSuccess(head) : absl::OkStatus();
  }

  absl::Status OnBody(absl::string_view bytes) override {
    if (IsSuccess(answer_.head.status)) return sink_.OnContent(bytes);
    std::string& body = answer_.error_body;
    const absl::string_view kept =
        bytes.substr(0, kMaxErrorBytes - body.size());
    body.append(kept.data(), kept.size());
    if (kept.size() == bytes.size()) return absl::OkStatus();
    is_cut_ = true;
    return absl::OutOfRangeError("the message is too long");
  }

  bool IsCancelled() override { return sink_.IsCancelled(); }

  // Whether the request was ended because enough of a failure has come.
  bool is_cut() const { return is_cut_; }

 private:
  AnswerSink& sink_;
  Answer& answer_;
  bool is_cut_ = false;
};

// A manifest, up to the longest that is read.
class RegistryClient::DocumentSink : public AnswerSink {
 public:
  explicit DocumentSink(const std::function<bool()>& is_cancelled)
      : is_cancelled_(is_cancelled) {}

  absl::Status OnSuccess(const HttpHead& head) override {
    if (head.status != 200) {
      return absl::InvalidArgumentError("a part where the whole was asked for");
    }
    return absl::OkStatus();
  }
  absl::Status OnContent(absl::string_view bytes) override {
    if (bytes_.size() + bytes.size() > oci::kMaxDocumentBytes) {
      return BadManifest(absl::StrCat("the manifest is longer than ",
                                      oci::kMaxDocumentBytes, " bytes"));
    }
    bytes_.append(bytes.data(), bytes.size());
    return absl::OkStatus();
  }
  bool IsCancelled() override { return is_cancelled_(); }

  std::string& bytes() { return bytes_; }

 private:
  const std::function<bool()>& is_cancelled_;
  std::string bytes_;
};

// A blob from `received` bytes on, which it counts.
class RegistryClient::BlobSink : public AnswerSink {
 public:
  BlobSink(const oci::Descriptor& blob, BlobReceiver& receiver,
           const std::function<bool()>& is_cancelled, int64_t& received)
      : blob_(blob),
        receiver_(receiver),
        is_cancelled_(is_cancelled),
        received_(received) {}

  absl::Status OnSuccess(const HttpHead& head) override {
    has_begun_ = true;
    if (head.status == 200) {
      // From the first byte on, also where a later part was asked for.
      skip_bytes_ = received_;
      return absl::OkStatus();
    }
    if (received_ > 0 &&
        absl::StartsWith(head.Header("content-range"),
                         absl::StrCat("bytes ", received_, "-"))) {
      return absl::OkStatus();
    }
    return absl::DataLossError("another part came than was asked for");
  }

  absl::Status OnContent(absl::string_view bytes) override {
    const auto skipped = static_cast<size_t>(
        std::min<int64_t>(skip_bytes_, static_cast<int64_t>(bytes.size())));
    skip_bytes_ -= static_cast<int64_t>(skipped);
    bytes.remove_prefix(skipped);
    if (bytes.empty()) return absl::OkStatus();
    const auto count = static_cast<int64_t>(bytes.size());
    if (count > blob_.size_bytes - received_) {
      return Error(absl::StatusCode::kDataLoss, "SIZE_MISMATCH",
                   absl::StrCat("it is longer than the ", blob_.size_bytes,
                                " bytes that the manifest says"));
    }
    GANTRY_RETURN_IF_ERROR(receiver_.Append(bytes));
    received_ += count;
    return absl::OkStatus();
  }

  bool IsCancelled() override {
    return is_cancelled_() || receiver_.IsCancelled();
  }

  // Whether a success has begun.
  bool has_begun() const { return has_begun_; }

 private:
  const oci::Descriptor& blob_;
  BlobReceiver& receiver_;
  const std::function<bool()>& is_cancelled_;
  int64_t& received_;
  int64_t skip_bytes_ = 0;
  bool has_begun_ = false;
};

RegistryClient::RegistryClient(HttpClient& http,
                               const RegistrySettings& settings,
                               const oci::Reference& image,
                               const Credentials& credentials,
                               std::function<bool()> is_cancelled)
    : http_(http),
      settings_(settings),
      image_(image),
      credentials_(credentials),
      is_cancelled_(std::move(is_cancelled)),
      tokens_(http, settings),
      base_(BaseUrl(settings, image.host())) {}

absl::StatusOr<Url> RegistryClient::Endpoint(const std::string& rest) const {
  if (!base_.ok()) return base_.status();
  return base_->Resolve(absl::StrCat("/v2/", image_.path(), "/", rest));
}

absl::StatusOr<RemoteDocument> RegistryClient::GetManifest(
    const std::string& reference) {
  Retries retries(settings_.retry);
  while (true) {
    RemoteDocument document;
    const Attempt attempt = TryManifest(reference, document);
    if (attempt.ok()) return document;
    if (!attempt.may_retry) return attempt.status;
    const auto pause = retries.NextPause(attempt.retry_after);
    if (!pause.has_value()) return attempt.status;
    GANTRY_RETURN_IF_ERROR(Pause(*pause, nullptr));
  }
}

Attempt RegistryClient::TryManifest(const std::string& reference,
                                    RemoteDocument& document) {
  const absl::StatusOr<Url> url = Endpoint("manifests/" + reference);
  if (!url.ok()) return {url.status()};
  DocumentSink sink(is_cancelled_);
  Answer answer;
  Attempt attempt = Send(*url, {{"Accept", AcceptedManifests()}}, sink, answer);
  if (!attempt.ok()) return attempt;
  if (!IsSuccess(answer.head.status)) return Failure(answer, "");
  document.bytes = std::move(sink.bytes());
  document.digest = oci::Digest::Of(document.bytes);
  document.content_type = ContentType(answer.head);
  const auto asked = oci::Digest::Parse(reference);
  const oci::Digest expected = asked.ok() ? *asked : DigestHeader(answer.head);
  if (!expected.empty() && expected != document.digest) {
    return {Error(
        absl::StatusCode::kDataLoss, "DIGEST_MISMATCH",
        absl::StrCat("the manifest has the digest ", document.digest.ToString(),
                     ", not ", expected.ToString()))};
  }
  return {absl::OkStatus()};
}

absl::Status RegistryClient::GetBlob(const oci::Descriptor& blob,
                                     BlobReceiver& receiver) {
  Retries retries(settings_.retry);
  int64_t received = 0;
  while (true) {
    const int64_t before = received;
    const Attempt attempt = TryBlob(blob, receiver, received);
    if (attempt.ok() || !attempt.may_retry) return attempt.status;
    if (received - before >= kProgressBytes) retries.Reset();
    const auto pause = retries.NextPause(attempt.retry_after);
    if (!pause.has_value()) return attempt.status;
    receiver.Retrying(attempt.status.message());
    GANTRY_RETURN_IF_ERROR(Pause(*pause, &receiver));
  }
}

Attempt RegistryClient::TryBlob(const oci::Descriptor& blob,
                                BlobReceiver& receiver, int64_t& received) {
  const absl::StatusOr<Url> url = Endpoint("blobs/" + blob.digest.ToString());
  if (!url.ok()) return {url.status()};
  Headers headers;
  if (received > 0) {
    headers.emplace_back("Range", absl::StrCat("bytes=", received, "-"));
  }
  BlobSink sink(blob, receiver, is_cancelled_, received);
  Answer answer;
  Attempt attempt = Send(*url, headers, sink, answer);
  if (attempt.ok() && !IsSuccess(answer.head.status)) {
    return Failure(answer, "the blob " + blob.digest.ToString());
  }
  const bool broke_off = attempt.may_retry && sink.has_begun();
  if (attempt.ok() ? received < blob.size_bytes : broke_off) {
    return {Error(absl::StatusCode::kDataLoss, "CUT_OFF",
                  absl::StrCat(
                      "the blob ", blob.digest.ToString(), " is cut off after ",
                      received, " of ", blob.size_bytes, " bytes",
                      attempt.ok() ? "" : ": ", attempt.status.message())),
            true};
  }
  return attempt;
}

absl::Status RegistryClient::Pause(absl::Duration pause,
                                   BlobReceiver* receiver) const {
  const absl::Time end = absl::Now() + pause;
  while (true) {
    if (is_cancelled_() || (receiver != nullptr && receiver->IsCancelled())) {
      return Cancelled();
    }
    const absl::Duration left = end - absl::Now();
    if (left <= absl::ZeroDuration()) return absl::OkStatus();
    absl::SleepFor(std::min(left, kSleepStep));
  }
}

Attempt RegistryClient::Send(const Url& url, const Headers& headers,
                             AnswerSink& sink, Answer& answer) {
  // A token may have run out; a fresh one that is refused is no better the next
  // time.
  for (bool is_first = true;; is_first = false) {
    const std::string authorization = CurrentAuthorization();
    Attempt attempt = Follow(url, headers, authorization, sink, answer);
    if (!attempt.ok() || answer.head.status != 401 || !is_first) {
      return attempt;
    }
    bool changed = false;
    Attempt authorized = Authorize(answer.head, authorization, changed);
    if (!authorized.ok()) return authorized;
    if (!changed) return attempt;
  }
}

HttpRequest RegistryClient::MakeRequest(const Url& url,
                                        const Headers& headers) const {
  HttpRequest request(url);
  request.headers = headers;
  const RegistryHostSettings& host = HostSettings(
      settings_, url.IsSameOrigin(*base_) ? image_.host() : url.Authority());
  request.ca_file = host.ca_file;
  request.skip_tls_verify = host.skip_tls_verify;
  return request;
}

Attempt RegistryClient::Follow(const Url& url, const Headers& headers,
                               const std::string& authorization,
                               AnswerSink& sink, Answer& answer) {
  Url target = url;
  // Who was sent elsewhere comes back without what opens the door.
  bool is_own = true;
  for (int redirects = 0; redirects <= kMaxRedirects; ++redirects) {
    is_own = is_own && target.IsSameOrigin(*base_);
    HttpRequest request = MakeRequest(target, headers);
    if (is_own && !authorization.empty()) {
      request.headers.emplace_back("Authorization", authorization);
    }
    Exchange exchange(sink, answer);
    const absl::Status sent = http_.Perform(request, exchange);
    if (!sent.ok() && !exchange.is_cut()) {
      return TransportFailure(sent, target.Authority());
    }
    if (!is_own && answer.head.status == 401) {
      return AnswerFailure(answer.head, answer.error_body, target.Authority());
    }
    if (!IsRedirect(answer.head.status)) return {absl::OkStatus()};
    absl::StatusOr<Url> next =
        RedirectTarget(target, answer.head.Header("location"));
    if (!next.ok()) return {next.status()};
    target = *std::move(next);
  }
  return {
      Error(absl::StatusCode::kUnavailable, "REGISTRY_FAILED",
            absl::StrCat("the registry ", base_->Authority(),
                         " redirects more than ", kMaxRedirects, " times"))};
}

absl::StatusOr<Url> RegistryClient::RedirectTarget(
    const Url& from, const std::string& location) const {
  const auto refuse = [&](absl::string_view why) {
    return Error(
        absl::StatusCode::kUnavailable, "REGISTRY_FAILED",
        absl::StrCat("the registry ", base_->Authority(), " redirects ", why));
  };
  const absl::StatusOr<Url> target = from.Resolve(location);
  if (location.empty() || !target.ok()) return refuse("to no usable address");
  if (target->is_https()) return target;
  if (from.is_https()) return refuse("from https to http");
  if (!target->IsSameOrigin(*base_) && !target->IsLoopback() &&
      !HostSettings(settings_, target->Authority()).plain_http) {
    return refuse(
        absl::StrCat("to ", OneLine(target->Authority()), " over plain HTTP"));
  }
  return target;
}

std::string RegistryClient::CurrentAuthorization() {
  MutexLock lock(auth_mu_);
  if (absl::Now() >= authorization_expires_at_) authorization_.clear();
  return authorization_;
}

Attempt RegistryClient::Authorize(const HttpHead& head, const std::string& used,
                                  bool& changed) {
  changed = false;
  std::optional<AuthChallenge> bearer;
  std::optional<AuthChallenge> basic;
  for (const auto& [name, value] : head.headers) {
    if (name != "www-authenticate") continue;
    const auto challenges = ParseChallenges(value);
    if (!challenges.ok()) continue;
    for (const AuthChallenge& challenge : *challenges) {
      if (challenge.scheme == "bearer" && !bearer) bearer = challenge;
      if (challenge.scheme == "basic" && !basic) basic = challenge;
    }
  }

  MutexLock lock(auth_mu_);
  if (authorization_ != used && !authorization_.empty()) {
    // Another request was faster.
    changed = true;
    return {absl::OkStatus()};
  }
  if (bearer.has_value()) {
    Token token;
    Attempt fetched = tokens_.Fetch(
        *base_, *bearer, absl::StrCat("repository:", image_.path(), ":pull"),
        credentials_, is_cancelled_, token);
    if (!fetched.ok()) return fetched;
    authorization_ = "Bearer " + token.text;
    authorization_expires_at_ = token.expires_at;
    changed = true;
  } else if (basic.has_value() && !credentials_.username.empty()) {
    if (!MaySendSecrets(*base_)) {
      return {Error(absl::StatusCode::kUnauthenticated, "PLAIN_HTTP",
                    absl::StrCat("credentials are not sent to ",
                                 base_->Authority(), " over plain HTTP"))};
    }
    const std::string authorization = BasicAuthorization(credentials_);
    changed = authorization != used;
    authorization_ = authorization;
    authorization_expires_at_ = absl::InfiniteFuture();
  }
  return {absl::OkStatus()};
}

Attempt RegistryClient::Failure(const Answer& answer,
                                const std::string& what) const {
  const int status = answer.head.status;
  const std::string said = RegistryMessage(answer.error_body);
  if (status == 401 || status == 403) {
    return {Error(
        status == 401 ? absl::StatusCode::kUnauthenticated
                      : absl::StatusCode::kPermissionDenied,
        "PULL_ACCESS_DENIED",
        absl::StrCat("pull access denied for ", image_.FamiliarRepository(),
                     ", repository does not exist or may require authorization",
                     said.empty() ? "" : ": ", said),
        {{"repository", image_.repository()}})};
  }
  if (status != 404) {
    return AnswerFailure(answer.head, answer.error_body, base_->Authority());
  }
  if (!what.empty()) {
    return {Error(absl::StatusCode::kNotFound, "BLOB_UNKNOWN",
                  absl::StrCat("the registry ", base_->Authority(), " lacks ",
                               what, said.empty() ? "" : ": ", said))};
  }
  return {Error(absl::StatusCode::kNotFound, "MANIFEST_UNKNOWN",
                absl::StrCat("manifest for ", image_.Familiar(), " not found: ",
                             said.empty() ? "manifest unknown" : said),
                {{"image", image_.ToString()}})};
}

}  // namespace gantry::image
