// The machine that containers run on, as the kernel and /etc/os-release tell.
//
// Threads: free functions.

#ifndef GANTRY_SERVICES_RUNTIME_NODE_NODE_H_
#define GANTRY_SERVICES_RUNTIME_NODE_NODE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace gantry::runtime {

struct Node {
  // "6.1.0-18-amd64".
  std::string kernel_version;
  // "x86_64".
  std::string architecture;
  std::string hostname;
  // "Debian GNU/Linux 12 (bookworm)".
  std::string operating_system;
  int cpu_count = 0;
  int64_t memory_bytes = 0;
  // "seccomp", "apparmor".
  std::vector<std::string> security_options;
};

// What cannot be read is empty or 0.
Node ReadNode();

// PRETTY_NAME of an os-release document; "Linux" if it has none.
std::string PrettyName(absl::string_view os_release);

// The OCI runtimes that are installed, of crun and runc: name and program. They
// are looked for in the folders of `search_path`, which is written as PATH is,
// and then in those where distributions put programs. Folders that are not
// absolute are passed over.
std::map<std::string, std::string> InstalledRuntimes(
    absl::string_view search_path = "");

}  // namespace gantry::runtime

#endif  // GANTRY_SERVICES_RUNTIME_NODE_NODE_H_
