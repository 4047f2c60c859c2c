// A container's directory in the state of the service: its log, its exit and
// the files of its network.
//
// Threads: every method by any thread; one container by one thread at a time.
// On disk: <state_dir>/containers/<id>/{log/,exit,hosts,hostname,resolv.conf}.

#ifndef GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_DIRECTORY_H_
#define GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_DIRECTORY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gantry::runtime {

class ContainerDirectory {
 public:
  explicit ContainerDirectory(const std::string& state_dir)
      : dir_(state_dir + "/containers") {}

  // Makes it with its log/ and the files that /etc gets; with the host's
  // network its hosts too.
  absl::Status Create(const std::string& id, absl::string_view hostname,
                      bool host_network) const;
  // None is no error.
  absl::Status Remove(const std::string& id) const;
  // Ids of all, sorted.
  absl::StatusOr<std::vector<std::string>> List() const;

  std::string LogDir(const std::string& id) const;
  std::string ExitFile(const std::string& id) const;
  // Of "hosts", "hostname" or "resolv.conf".
  std::string File(const std::string& id, absl::string_view name) const;

 private:
  const std::string dir_;
};

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_CONTAINER_CONTAINER_DIRECTORY_H_
