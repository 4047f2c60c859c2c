// OCI bundles: the directories that OCI runtimes make containers from.
//
// Threads: every method by any thread; one bundle by one thread at a time.
// On disk: <dir>/<container id>/{config.json,rootfs/}, gone after a reboot
// (https://github.com/opencontainers/runtime-spec/blob/main/bundle.md).

#ifndef GANTRY_SERVICES_RUNTIME_BUNDLE_BUNDLE_STORE_H_
#define GANTRY_SERVICES_RUNTIME_BUNDLE_BUNDLE_STORE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gantry::runtime {

class BundleStore {
 public:
  // `dir` is made when it is needed.
  explicit BundleStore(std::string dir) : dir_(std::move(dir)) {}

  // Writes the bundle of a container, with an empty rootfs/, in place of an
  // older one; returns its directory.
  absl::StatusOr<std::string> Write(const std::string& id,
                                    absl::string_view config_json);

  // Removes it. None is no error.
  //
  // FAILED_PRECONDITION: something is mounted on its rootfs, or lies in it.
  absl::Status Remove(const std::string& id);

  // Ids of all bundles, sorted.
  absl::StatusOr<std::vector<std::string>> List() const;

 private:
  const std::string dir_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_BUNDLE_BUNDLE_STORE_H_
