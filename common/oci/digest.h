// The name of a byte string: "sha256:" and 64 lower-case hex digits
// (https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests).
//
// Threads: a value.

#ifndef GANTRY_COMMON_OCI_DIGEST_H_
#define GANTRY_COMMON_OCI_DIGEST_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gantry::oci {

class Digest {
 public:
  // INVALID_ARGUMENT: anything but "sha256:" and 64 lower-case hex digits.
  static absl::StatusOr<Digest> Parse(absl::string_view text);
  // Of the whole of `bytes`.
  static Digest Of(absl::string_view bytes);

  // No digest; only for a member that is assigned later.
  Digest() = default;

  // "sha256:<hex>".
  std::string ToString() const { return "sha256:" + hex_; }
  // 64 lower-case hex digits.
  const std::string& hex() const { return hex_; }
  bool empty() const { return hex_.empty(); }

  friend bool operator==(const Digest& a, const Digest& b) {
    return a.hex_ == b.hex_;
  }
  friend bool operator!=(const Digest& a, const Digest& b) {
    return a.hex_ != b.hex_;
  }
  friend bool operator<(const Digest& a, const Digest& b) {
    return a.hex_ < b.hex_;
  }
  template <typename H>
  friend H AbslHashValue(H h, const Digest& d) {
    return H::combine(std::move(h), d.hex_);
  }

 private:
  friend class DigestHasher;
  explicit Digest(std::string hex) : hex_(std::move(hex)) {}
  std::string hex_;
};

// Takes bytes as they come and gives their digest at the end.
//
// Threads: one at a time.
class DigestHasher {
 public:
  DigestHasher();
  ~DigestHasher();
  DigestHasher(DigestHasher&&) noexcept;
  DigestHasher& operator=(DigestHasher&&) noexcept;

  void Update(absl::string_view bytes);
  // Of everything so far. Call once.
  Digest Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gantry::oci

#endif  // GANTRY_COMMON_OCI_DIGEST_H_
