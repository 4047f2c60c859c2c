#include "common/oci/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace gantry::oci {
namespace {

constexpr size_t kHexDigits = 64;

bool IsLowerHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

absl::StatusOr<Digest> Digest::Parse(absl::string_view text) {
  absl::string_view hex = text;
  if (!absl::ConsumePrefix(&hex, "sha256:") || hex.size() != kHexDigits ||
      !std::all_of(hex.begin(), hex.end(), IsLowerHex)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", absl::CHexEscape(text.substr(0, 100)),
        "\" is not a digest: \"sha256:\" and 64 lower-case hex digits"));
  }
  return Digest(std::string(hex));
}

Digest Digest::Of(absl::string_view bytes) {
  DigestHasher hasher;
  hasher.Update(bytes);
  return hasher.Finish();
}

struct DigestHasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

DigestHasher::DigestHasher() : state_(std::make_unique<State>()) {
  // Fails only without memory.
  if (EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1)
    std::abort();
}

DigestHasher::~DigestHasher() = default;
DigestHasher::DigestHasher(DigestHasher&&) noexcept = default;
DigestHasher& DigestHasher::operator=(DigestHasher&&) noexcept = default;

void DigestHasher::Update(absl::string_view bytes) {
  EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

Digest DigestHasher::Finish() {
  std::string raw(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  EVP_DigestFinal_ex(state_->context,
                     reinterpret_cast<unsigned char*>(raw.data()), &size);
  raw.resize(size);
  return Digest(absl::BytesToHexString(raw));
}

}  // namespace gantry::oci
