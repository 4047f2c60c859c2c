// BlobStore keeps immutable byte strings ("blobs") under the SHA-256 of their
// content. Manifests, image configs and layer archives are all blobs; the store
// never looks inside them.
//
// Life of a blob:
//
//   Begin() -> Append()* -> Commit()    now Open() and Stat() see it
//                        \-> ~BlobWriter()  nothing was ever visible
//
// Threads: a BlobStore may be shared by any number of threads. A BlobWriter or
// a BlobReader is used by one thread at a time.

#ifndef GANTRY_SERVICES_IMAGE_CONTENT_BLOB_STORE_H_
#define GANTRY_SERVICES_IMAGE_CONTENT_BLOB_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/oci/digest.h"

namespace gantry::image {

struct BlobInfo {
  oci::Digest digest;
  int64_t size_bytes = 0;
  absl::Time committed_at;
  // Only from Commit(): the same bytes had been stored before.
  bool existed = false;
};

// Writes one blob. Destroying an uncommitted writer discards its bytes.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;

  // Adds `chunk` after what was appended before.
  //
  // RESOURCE_EXHAUSTED: the disk is full.
  // FAILED_PRECONDITION: Commit() was already called.
  virtual absl::Status Append(absl::string_view chunk) = 0;

  // Makes the blob visible, durably: it survives a crash after this returns.
  // Committing bytes that are already stored is not an error; the stored copy
  // is kept. An empty `expected` takes whatever digest the bytes have. Call at
  // most once.
  //
  // DATA_LOSS: the bytes do not hash to `expected`; they are discarded.
  virtual absl::StatusOr<BlobInfo> Commit(const oci::Digest& expected) = 0;
};

class BlobReader {
 public:
  virtual ~BlobReader() = default;

  virtual int64_t size_bytes() const = 0;

  // Up to `max_bytes` bytes from `offset_bytes` on; empty at the end.
  //
  // INVALID_ARGUMENT: a negative offset, or max_bytes < 1.
  virtual absl::StatusOr<std::string> ReadAt(int64_t offset_bytes,
                                             int64_t max_bytes) = 0;
};

class BlobStore {
 public:
  virtual ~BlobStore() = default;

  // Never null on success. The store must outlive the writer.
  virtual absl::StatusOr<std::unique_ptr<BlobWriter>> Begin() = 0;

  // NOT_FOUND: no committed blob has this digest. The reader keeps working if
  // the blob is deleted while it is open.
  virtual absl::StatusOr<std::unique_ptr<BlobReader>> Open(
      const oci::Digest& digest) = 0;

  // NOT_FOUND: no committed blob has this digest.
  virtual absl::StatusOr<BlobInfo> Stat(const oci::Digest& digest) = 0;

  // NOT_FOUND: no committed blob has this digest. Callers hold the garbage
  // collector's lock; the store does not know who refers to a blob.
  virtual absl::Status Delete(const oci::Digest& digest) = 0;

  // Every committed blob, in the order of the digests.
  virtual absl::StatusOr<std::vector<BlobInfo>> List() = 0;
};

}  // namespace gantry::image

#endif  // GANTRY_SERVICES_IMAGE_CONTENT_BLOB_STORE_H_
