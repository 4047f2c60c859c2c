#include "services/image/registry/curl_http_client.h"

#include <curl/curl.h>

#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/image/registry/registry_error.h"

namespace gantry::image {
namespace {

constexpr size_t kMaxHeaderBytes = 64 << 10;
// Fewer reads of the socket than by default, for little memory.
constexpr long kReadBytes = 256 << 10;
constexpr size_t kMaxIdleHandles = 8;
// A second; see Options::idle_timeout.
constexpr long kLowSpeedBytes = 100;

// One request: what curl's callbacks need.
class Transfer {
 public:
  // Makes curl call this object, which must outlive the request.
  Transfer(CURL* curl, HttpHandler& handler) : curl_(curl), handler_(handler) {
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &TakeHeader);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &TakeBody);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &CheckCancelled);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
  }

  // The answer may have no body.
  absl::Status Finish() {
    GiveHead();
    return status_;
  }

  const absl::Status& status() const { return status_; }

 private:
  static size_t TakeHeader(char* data, size_t size, size_t count, void* self) {
    const size_t bytes = size * count;
    return static_cast<Transfer*>(self)->OnHeaderLine({data, bytes}) ? bytes
                                                                     : 0;
  }

  static size_t TakeBody(char* data, size_t size, size_t count, void* self) {
    const size_t bytes = size * count;
    return static_cast<Transfer*>(self)->OnBody({data, bytes}) ? bytes : 0;
  }

  static int CheckCancelled(void* self, curl_off_t, curl_off_t, curl_off_t,
                            curl_off_t) {
    Transfer& transfer = *static_cast<Transfer*>(self);
    if (!transfer.handler_.IsCancelled()) return 0;
    transfer.status_ = absl::CancelledError("the transfer was cancelled");
    return 1;
  }

  bool OnHeaderLine(absl::string_view line) {
    // Each answer begins anew; those before the last are interim ones.
    if (absl::StartsWith(line, "HTTP/")) {
      head_ = HttpHead();
      header_bytes_ = 0;
    }
    header_bytes_ += line.size();
    if (header_bytes_ > kMaxHeaderBytes) {
      status_ = absl::FailedPreconditionError(absl::StrCat(
          "the answer's header is longer than ", kMaxHeaderBytes, " bytes"));
      return false;
    }
    const size_t colon = line.find(':');
    if (colon == absl::string_view::npos) return true;
    head_.headers.emplace_back(
        absl::AsciiStrToLower(
            absl::StripAsciiWhitespace(line.substr(0, colon))),
        absl::StripAsciiWhitespace(line.substr(colon + 1)));
    return true;
  }

  bool OnBody(absl::string_view bytes) {
    GiveHead();
    if (status_.ok()) status_ = handler_.OnBody(bytes);
    return status_.ok();
  }

  void GiveHead() {
    if (given_ || !status_.ok()) return;
    given_ = true;
    long code = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &code);
    head_.status = static_cast<int>(code);
    status_ = handler_.OnHead(head_);
  }

  CURL* const curl_;
  HttpHandler& handler_;
  HttpHead head_;
  size_t header_bytes_ = 0;
  bool given_ = false;
  absl::Status status_;
};

bool IsPermanent(CURLcode code) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_WEIRD_SERVER_REPLY:
      return true;
    default:
      return false;
  }
}

absl::Status ToStatus(CURLcode code, const char* detail) {
  // The detail may quote a certificate, which is the server's text.
  const std::string message =
      OneLine(*detail != '\0' ? detail : curl_easy_strerror(code));
  return IsPermanent(code) ? absl::FailedPreconditionError(message)
                           : absl::UnavailableError(message);
}

}  // namespace

class CurlHttpClient::Handle {
 public:
  Handle() : curl_(curl_easy_init()) {}
  ~Handle() { curl_easy_cleanup(curl_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  CURL* get() const { return curl_; }

 private:
  CURL* const curl_;
};

CurlHttpClient::CurlHttpClient(Options options) : options_(std::move(options)) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

CurlHttpClient::~CurlHttpClient() = default;

std::unique_ptr<CurlHttpClient::Handle> CurlHttpClient::TakeHandle() {
  MutexLock lock(mu_);
  if (idle_.empty()) return std::make_unique<Handle>();
  std::unique_ptr<Handle> handle = std::move(idle_.back());
  idle_.pop_back();
  return handle;
}

void CurlHttpClient::ReturnHandle(std::unique_ptr<Handle> handle) {
  // Forgets the request and keeps the connection.
  curl_easy_reset(handle->get());
  MutexLock lock(mu_);
  if (idle_.size() < kMaxIdleHandles) idle_.push_back(std::move(handle));
}

void CurlHttpClient::SetConnection(const Handle& handle,
                                   const HttpRequest& request) const {
  CURL* const curl = handle.get();
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, kReadBytes);
  curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                   absl::ToInt64Milliseconds(options_.connect_timeout));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, kLowSpeedBytes);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME,
                   absl::ToInt64Seconds(options_.idle_timeout));
  if (request.url.IsLoopback()) curl_easy_setopt(curl, CURLOPT_PROXY, "");
  if (!request.ca_file.empty()) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, request.ca_file.c_str());
  }
  if (request.skip_tls_verify) {
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

absl::Status CurlHttpClient::Perform(const HttpRequest& request,
                                     HttpHandler& handler) {
  std::unique_ptr<Handle> handle = TakeHandle();
  CURL* const curl = handle->get();
  if (curl == nullptr) return absl::ResourceExhaustedError("no memory");
  const absl::Cleanup give_back = [&] { ReturnHandle(std::move(handle)); };

  char detail[CURL_ERROR_SIZE] = "";
  curl_slist* headers = nullptr;
  const absl::Cleanup free_headers = [&] { curl_slist_free_all(headers); };
  for (const auto& [name, value] : request.headers) {
    headers =
        curl_slist_append(headers, absl::StrCat(name, ": ", value).c_str());
  }
  SetConnection(*handle, request);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(curl, CURLOPT_URL, request.url.text().c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_HEADEROPT, CURLHEADER_SEPARATE);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, options_.user_agent.c_str());
  if (request.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
  }
  Transfer transfer(curl, handler);
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_OK) return transfer.Finish();
  if (!transfer.status().ok()) return transfer.status();
  return ToStatus(code, detail);
}

}  // namespace gantry::image
