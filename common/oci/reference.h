// An image's name: "[host[:port]/]path[:tag][@digest]", completed as Docker
// does: "busybox" is "docker.io/library/busybox:latest"
// (https://github.com/distribution/reference).
//
// Threads: a value.

#ifndef GANTRY_COMMON_OCI_REFERENCE_H_
#define GANTRY_COMMON_OCI_REFERENCE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/oci/digest.h"

namespace gantry::oci {

class Reference {
 public:
  // Completes the host, "library/" and, with neither tag nor digest, ":latest".
  //
  // INVALID_ARGUMENT: not a name: upper case in the path, a bad tag or digest,
  // longer than 255 characters, or 64 hex digits, which are an id.
  static absl::StatusOr<Reference> Parse(absl::string_view text);

  // "docker.io".
  const std::string& host() const { return host_; }
  // "library/busybox".
  const std::string& path() const { return path_; }
  // "docker.io/library/busybox".
  std::string repository() const { return host_ + "/" + path_; }
  // Empty if there is only a digest.
  const std::string& tag() const { return tag_; }
  const std::optional<Digest>& digest() const { return digest_; }

  // Complete: "docker.io/library/busybox:latest".
  std::string ToString() const;
  // As people write it: "busybox:latest", "localhost:5000/a/b:1".
  std::string Familiar() const;
  // "busybox", "localhost:5000/a/b".
  std::string FamiliarRepository() const;

 private:
  std::string host_;
  std::string path_;
  std::string tag_;
  std::optional<Digest> digest_;
};

}  // namespace gantry::oci

#endif  // GANTRY_COMMON_OCI_REFERENCE_H_
